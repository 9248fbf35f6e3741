/**
 * "Stateful Conformer with Cache-based Inference for Streaming Automatic Speech Recognition", Noroozi et al. 2023, arXiv:2312.17279, with
 * the encoder of "Fast Conformer with Linearly Scalable Attention for Efficient Speech Recognition", Rekesh et al. 2023, arXiv:2305.05084;
 * parameter names as in NeMo (Apache-2.0).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  defaultGenerator,
  loadPretrained,
  losses,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { TransducerModel } from '../../../decoding/transducer.js';
import { rnntLoss } from '../../../losses/transducer/index.js';
import type { EncodedFrames } from '../emformer/index.js';
import type { AttentionContext } from './context.js';
import { FastConformerEncoder, type FastConformerConfig } from './encoder.js';
import { CtcHead, JointNetwork, PredictionNetwork, type PredictionState } from './heads.js';

/** What a {@link FastConformerHybrid} is built from. */
export interface FastConformerHybridConfig {
  readonly encoder: FastConformerConfig;
  /** Labels without the blank, which comes behind them. */
  readonly vocabularySize: number;
  /** Width of the prediction network. Default 640. */
  readonly predHidden?: number;
  /** LSTMs of the prediction network; 0: it knows the last label alone. Default 1. */
  readonly predRnnLayers?: number;
  /** Width of the joint network. Default 640. */
  readonly jointHidden?: number;
  /** Of prediction and joint network. Default 0.2. */
  readonly dropout?: number;
  /** Share of the CTC loss, 0 … 1: 0 trains the transducer alone, 1 the CTC head alone. Default 0.3. */
  readonly ctcLossWeight?: number;
}

/** Utterances with their labels. */
export interface TranscribedBatch {
  /** float32 [N, T, mel bands] */
  readonly x: tf.Tensor;
  /** Valid frames of each; default T. */
  readonly lengths?: losses.Integers;
  /** int32 [N, U], or all utterances' labels one after another. */
  readonly targets: losses.Integers;
  readonly targetLengths: losses.Integers;
}

/** One streaming encoder with two heads: a transducer, and CTC. */
export class FastConformerHybrid
  extends ConfiguredModel<FastConformerHybridConfig>
  implements TransducerModel<PredictionState>
{
  protected override readonly modelType = modelType;
  override readonly config: FastConformerHybridConfig;
  readonly encoder: FastConformerEncoder;
  readonly decoder: PredictionNetwork;
  readonly joint: JointNetwork;
  readonly ctc_decoder: CtcHead;

  constructor(config: FastConformerHybridConfig, generator?: Generator) {
    super();
    const { vocabularySize, predHidden = 640, predRnnLayers = 1, jointHidden = 640, dropout = 0.2 } = config;
    const { ctcLossWeight: weight = 0.3 } = config;
    check(weight >= 0 && weight <= 1, `FastConformer: ctcLossWeight is ${weight}; it must lie between 0 and 1`);
    this.config = config;
    this.encoder = new FastConformerEncoder(config.encoder, generator);
    const { dModel } = config.encoder;
    const symbols = vocabularySize + 1;
    this.decoder = new PredictionNetwork(symbols, predHidden, predRnnLayers, dropout, generator);
    const sizes = { encoder: dModel, prediction: predHidden, joint: jointHidden, symbols };
    this.joint = new JointNetwork(sizes, dropout, generator);
    this.ctc_decoder = new CtcHead(dModel, symbols, generator);
  }

  /** The label for "nothing here" of both heads: the last. */
  get blank(): number {
    return this.config.vocabularySize;
  }

  /** Encodes whole utterances; see {@link FastConformerEncoder.forward}, and `encoder.infer` for streams. */
  encode(x: tf.Tensor, lengths?: losses.Integers, context?: AttentionContext): EncodedFrames {
    return this.encoder.forward(x, lengths, context);
  }

  /** CTC log probabilities float32 [N, T, symbols] of encoded frames. */
  ctc(encoded: tf.Tensor): tf.Tensor {
    return this.ctc_decoder.forward(encoded);
  }

  predict(labels: tf.Tensor, state: PredictionState | null = null): { output: tf.Tensor; state: PredictionState } {
    return this.decoder.forward(labels, state);
  }

  join(encoded: tf.Tensor, predicted: tf.Tensor): tf.Tensor {
    return this.joint.forward(encoded, predicted);
  }

  /**
   * Both heads of whole utterances.
   *
   * @param history int32 [N, U + 1]: a blank, then the labels
   * @returns `ctc` log probabilities float32 [N, T, symbols], `logits` of the transducer [N, T, U + 1, symbols], and the valid frames
   */
  forward(
    x: tf.Tensor,
    lengths: losses.Integers | undefined,
    history: tf.Tensor,
    context?: AttentionContext,
  ): { ctc: tf.Tensor; logits: tf.Tensor; lengths: readonly number[] } {
    return scope(() => {
      const { output, lengths: valid } = this.encode(x, lengths, context);
      const logits = this.join(output, this.predict(history).output);
      return { ctc: this.ctc(output), logits, lengths: valid };
    });
  }

  /** One of the configuration's contexts: a model that meets them all in training can be run with each. */
  drawContext(generator: Generator = defaultGenerator()): AttentionContext {
    const { contexts } = this.encoder;
    return contexts[contexts.length === 1 ? 0 : generator.integer(0, contexts.length)]!;
  }

  /**
   * The weighted sum of both losses, each the mean over utterances. Utterances whose labels do not fit into their frames count as 0 in CTC.
   *
   * @param context default the first of the configuration; see {@link drawContext}
   * @returns a scalar
   * @throws InvalidArgumentError for shapes, lengths and labels that do not fit
   */
  loss(batch: TranscribedBatch, context?: AttentionContext): tf.Tensor {
    const { x, lengths, targets, targetLengths } = batch;
    const { ctcLossWeight: weight = 0.3 } = this.config;
    const { blank } = this;
    return scope(() => {
      const counts = Array.from(targetLengths instanceof tf.Tensor ? targetLengths.dataSync<'int32'>() : targetLengths);
      const { output, lengths: valid } = this.encode(x, lengths, context);
      const parts: tf.Tensor[] = [];
      if (weight > 0) {
        const logs = tf.transpose(this.ctc(output), [1, 0, 2]);
        const loss = losses.ctc(logs, targets, [...valid], counts, { blank, zeroInfinity: true, reduction: 'none' });
        parts.push(tf.mul(tf.mean(loss), weight));
      }
      if (weight < 1) {
        const logits = this.join(output, this.predict(historyOf(targets, counts, blank)).output);
        parts.push(tf.mul(rnntLoss(logits, targets, [...valid], counts, { blank }), 1 - weight));
      }
      return tf.addN(parts);
    });
  }

  /** Loads a checkpoint of this library: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<FastConformerHybrid> {
    return loadPretrained(source, fastConformerFamilies, options);
  }
}

/** A blank and the labels of each utterance, filled up with blanks: int32 [N, longest + 1]. */
function historyOf(targets: losses.Integers, counts: readonly number[], blank: number): tf.Tensor {
  const all = targets instanceof tf.Tensor ? targets.dataSync<'int32'>() : targets;
  const row = targets instanceof tf.Tensor && targets.rank === 2 ? targets.shape[1]! : null;
  const width = Math.max(0, ...counts) + 1;
  const history = new Int32Array(counts.length * width).fill(blank);
  let start = 0;
  counts.forEach((count, n) => {
    for (let u = 0; u < count; u++) history[n * width + 1 + u] = all[start + u] ?? blank;
    start += row ?? count;
  });
  return tf.tensor2d(history, [counts.length, width], 'int32');
}

const modelType = 'hourglass-fast-conformer-hybrid';

/** Kinds of checkpoint that {@link FastConformerHybrid.fromPretrained} reads. */
export const fastConformerFamilies: ReadonlyArray<ModelFamily<FastConformerHybrid>> = [
  ownFamily(modelType, (config: FastConformerHybridConfig) => new FastConformerHybrid(config)),
];
