import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  defaultGenerator,
  Dropout,
  Linear,
  loadPretrained,
  losses,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { maskSpans } from '../../../layers/speech/index.js';
import type { SpeechConfig } from './config.js';
import { headFamily } from './families.js';
import { Wav2Vec2Model, type SpeechCall } from './model.js';
import { GumbelVectorQuantizer } from './quantizer.js';
import { sampleNegatives } from './negatives.js';

/** What is hidden, and what the truth must be told from. */
export interface PretrainingTargets {
  /** Bool [N, frames]: the frames to find. */
  readonly maskTimeIndices: tf.Tensor;
  /** int32 [N, frames, num_negatives]: other frames, counted through the batch: n · frames + frame. */
  readonly negatives: tf.Tensor;
}

export interface PretrainingCall extends SpeechCall {
  /** As in {@link PretrainingTargets}; there is no loss without. */
  readonly negatives?: tf.Tensor | null;
}

export interface PretrainingOutputs {
  /** float32 [N, frames, proj_codevector_dim], from the encoder. */
  readonly projectedStates: tf.Tensor;
  /** float32 [N, frames, proj_codevector_dim], from the quantised features. */
  readonly projectedQuantizedStates: tf.Tensor;
  readonly codevectorPerplexity: tf.Tensor;
  /** Contrastive loss plus diversity_loss_weight times diversity loss, summed over the masked frames; null without negatives. */
  readonly loss: tf.Tensor | null;
  readonly contrastiveLoss: tf.Tensor | null;
  readonly diversityLoss: tf.Tensor | null;
  readonly hiddenStates: readonly tf.Tensor[];
}

/**
 * wav2vec 2.0 in pre-training (Baevski et al. 2020, arXiv:2006.11477): the encoder must tell the quantised features of a hidden frame
 * from those of other hidden frames of the same sound.
 */
export class Wav2Vec2ForPreTraining extends ConfiguredModel<SpeechConfig> {
  protected override readonly modelType = 'wav2vec2';
  protected override readonly architecture = 'Wav2Vec2ForPreTraining';
  readonly wav2vec2: Wav2Vec2Model;
  readonly dropout_features: Dropout;
  readonly quantizer: GumbelVectorQuantizer;
  readonly project_hid: Linear;
  readonly project_q: Linear;
  readonly #generator: Generator | undefined;

  constructor(
    override readonly config: SpeechConfig = {},
    generator?: Generator,
  ) {
    super();
    this.wav2vec2 = new Wav2Vec2Model(config, generator);
    const { settings } = this.wav2vec2;
    this.dropout_features = new Dropout(settings.feat_quantizer_dropout, { generator });
    this.quantizer = new GumbelVectorQuantizer(settings, generator);
    this.project_hid = new Linear(settings.hidden_size, settings.proj_codevector_dim, { generator });
    this.project_q = new Linear(settings.codevector_dim, settings.proj_codevector_dim, { generator });
    this.#generator = generator;
  }

  /**
   * Draws frames to hide, as mask_time_prob and mask_time_length say, and for each of them other hidden frames of its sound.
   *
   * @param samples of the batch's sounds @param lengths how many of them count, a sound
   * @param generator default the model's
   */
  drawTargets(
    samples: number,
    lengths: readonly number[],
    generator: Generator = this.#generator ?? defaultGenerator(),
  ): PretrainingTargets {
    const { settings } = this.wav2vec2;
    const [n, frames] = [lengths.length, this.wav2vec2.frames(samples)];
    const mask = maskSpans(n, frames, {
      probability: settings.mask_time_prob,
      length: settings.mask_time_length,
      minMasks: settings.mask_time_min_masks,
      lengths: lengths.map((length) => this.wav2vec2.frames(length)),
      generator,
    });
    const negatives = sampleNegatives(mask, n, settings.num_negatives, generator);
    return {
      maskTimeIndices: tf.tensor2d(mask, [n, frames], 'bool'),
      negatives: tf.tensor3d(negatives, [n, frames, settings.num_negatives], 'int32'),
    };
  }

  /** @param x float32 [N, samples] @throws InvalidArgumentError as the encoder does, and for negatives without a mask */
  forward(x: tf.Tensor, call: PretrainingCall = {}): PretrainingOutputs {
    const { maskTimeIndices = null, negatives = null } = call;
    check(
      negatives === null || maskTimeIndices !== null,
      'negatives need maskTimeIndices, the frames that they belong to; drawTargets gives both',
    );
    return scope(() => {
      const { lastHiddenState, extractFeatures, hiddenStates } = this.wav2vec2.forward(x, call);
      const mask = maskTimeIndices === null ? null : tf.cast(maskTimeIndices, 'float32');
      const states = this.project_hid.forward(lastHiddenState);
      const { vectors, codes, perplexity } = this.quantizer.forward(
        this.dropout_features.forward(extractFeatures),
        mask,
      );
      const targets = this.project_q.forward(vectors);
      return {
        projectedStates: states,
        projectedQuantizedStates: targets,
        codevectorPerplexity: perplexity,
        hiddenStates,
        ...(mask === null || negatives === null
          ? { loss: null, contrastiveLoss: null, diversityLoss: null }
          : this.#losses(states, targets, codes, perplexity, mask, negatives)),
      };
    });
  }

  #losses(
    states: tf.Tensor,
    targets: tf.Tensor,
    codes: tf.Tensor,
    perplexity: tf.Tensor,
    mask: tf.Tensor,
    negatives: tf.Tensor,
  ): Pick<PretrainingOutputs, 'loss' | 'contrastiveLoss' | 'diversityLoss'> {
    const { contrastive_logits_temperature, diversity_loss_weight } = this.wav2vec2.settings;
    const [n, frames, width] = states.shape as [number, number, number];
    const rows = n * frames;
    check(
      negatives.rank === 3 && negatives.shape[0] === n && negatives.shape[1] === frames,
      () => `negatives must be [${n}, ${frames}, any number], got [${negatives.shape.join(', ')}]`,
    );
    const count = negatives.shape[2]!;
    const index = tf.reshape(tf.cast(negatives, 'int32'), [-1]);
    const truths = tf.reshape(targets, [rows, 1, width]);
    const others = tf.reshape(tf.gather(tf.reshape(targets, [rows, width]), index), [rows, count, width]);
    const cosines = cosinesTo(tf.reshape(states, [rows, width, 1]), tf.concat([truths, others], 1));
    // a negative with the truth's codes is no negative
    const ofTruth = tf.reshape(codes, [rows, 1, -1]);
    const ofOthers = tf.reshape(tf.gather(tf.reshape(codes, [rows, -1]), index), [rows, count, -1]);
    const same = tf.cast(tf.all(tf.equal(ofTruth, ofOthers), -1), 'float32');
    const hidden = tf.concat([tf.zeros([rows, 1]), tf.mul(same, -1e9)], 1);
    const logits = tf.add(tf.div(cosines, contrastive_logits_temperature), hidden);
    // the truth stands first; frames in sight do not count
    const labels = tf.cast(tf.mul(tf.sub(1, tf.reshape(mask, [rows])), -100), 'int32');
    const contrastiveLoss = losses.crossEntropy(logits, labels, { reduction: 'sum' });
    const most = this.quantizer.groups * this.quantizer.codes;
    const diversityLoss = tf.mul(tf.div(tf.sub(most, perplexity), most), tf.sum(mask));
    return {
      loss: tf.add(contrastiveLoss, tf.mul(diversityLoss, diversity_loss_weight)),
      contrastiveLoss,
      diversityLoss,
    };
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Vec2ForPreTraining> {
    return loadPretrained(source, wav2vec2PretrainingFamilies, options);
  }
}

/** Cosines of x [rows, width, 1] with each of y [rows, many, width]: [rows, many]. */
function cosinesTo(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const unit = (v: tf.Tensor, axis: number): tf.Tensor =>
    tf.div(v, tf.sqrt(tf.maximum(tf.sum(tf.square(v), axis, true), 1e-16)));
  return tf.squeeze(tf.matMul(unit(y, 2), unit(x, 1)), [2]);
}

export const wav2vec2PretrainingFamilies: ReadonlyArray<ModelFamily<Wav2Vec2ForPreTraining>> = [
  headFamily('wav2vec2', (config) => new Wav2Vec2ForPreTraining(config)),
];
