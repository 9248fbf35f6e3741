/**
 * "Sequence Transduction with Recurrent Neural Networks", Graves 2012, arXiv:1211.3711, with the Emformer of Shi et al. 2020,
 * arXiv:2010.10759, as `torchaudio.models.rnnt` has it (BSD-2-Clause), whose parameter names and checkpoints it takes.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  loadPretrained,
  ownFamily,
  scope,
  type Generator,
  type losses,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { torchaudioFamily } from '../../torchaudio.js';
import type { EmformerState, EncodedFrames, EncodedSegment } from '../emformer/index.js';
import { Joiner } from './joiner.js';
import { Predictor, type PredictorState } from './predictor.js';
import { EmformerEncoder, type Transcriber } from './transcriber.js';

/** What a transducer gives in training. */
export interface RnntOutput {
  /** float32 [N, T, U, symbols], before the softmax. */
  readonly logits: tf.Tensor;
  /** Valid frames of each, as the encoder has them. */
  readonly sourceLengths: readonly number[];
  readonly state: PredictorState;
}

/** A transducer: an encoder of frames, a predictor of labels, and what joins them. */
export class RNNT<State = EmformerState> extends ConfiguredModel<EmformerRnntConfig> {
  protected override readonly modelType = modelType;

  /** @param config what the parts were made from, so that the model can be saved; null for parts of your own */
  constructor(
    readonly transcriber: Transcriber<State>,
    readonly predictor: Predictor,
    readonly joiner: Joiner,
    override readonly config: EmformerRnntConfig | null = null,
  ) {
    super();
  }

  /**
   * Scores of all symbols for every frame and every beginning of the targets.
   *
   * @param sources float32 [N, T, features], with the right context
   * @param sourceLengths see the transcriber
   * @param targets int32 [N, U]: a blank, then the labels
   */
  forward(
    sources: tf.Tensor,
    sourceLengths: losses.Integers | undefined,
    targets: tf.Tensor,
    state: PredictorState | null = null,
  ): RnntOutput {
    return scope(() => {
      const { output, lengths } = this.transcriber.forward(sources, sourceLengths);
      const predicted = this.predictor.forward(targets, state);
      return {
        logits: this.joiner.forward(output, predicted.output),
        sourceLengths: lengths,
        state: predicted.state,
      };
    });
  }

  /** Encodes whole utterances. */
  transcribe(sources: tf.Tensor, lengths?: losses.Integers): EncodedFrames {
    return this.transcriber.forward(sources, lengths);
  }

  /** Encodes the next part of a stream. */
  transcribeStreaming(
    sources: tf.Tensor,
    lengths?: losses.Integers,
    state: State | null = null,
  ): EncodedSegment<State> {
    return this.transcriber.infer(sources, lengths, state);
  }

  /** Encodes labels int32 [N, U] after those that the state stands for. */
  predict(targets: tf.Tensor, state: PredictorState | null = null): { output: tf.Tensor; state: PredictorState } {
    return this.predictor.forward(targets, state);
  }

  /** Scores float32 [N, T, U, symbols] of encoded frames and labels. */
  join(source: tf.Tensor, target: tf.Tensor): tf.Tensor {
    return this.joiner.forward(source, target);
  }

  /** Loads a checkpoint of this library or of torchaudio's model: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<RNNT> {
    return loadPretrained(source, rnntFamilies, options);
  }
}

/** torchaudio's arguments of `emformer_rnnt_model`. Lengths are in frames of the input. */
export interface EmformerRnntConfig {
  readonly inputDim: number;
  /** Features of encoded frames and labels, which are added. */
  readonly encodingDim: number;
  /** Labels with the blank. */
  readonly numSymbols: number;
  readonly segmentLength: number;
  readonly rightContextLength: number;
  readonly timeReductionInputDim: number;
  readonly timeReductionStride: number;
  readonly transformerNumHeads: number;
  readonly transformerFfnDim: number;
  readonly transformerNumLayers: number;
  readonly transformerDropout: number;
  readonly transformerActivation: 'relu' | 'gelu' | 'silu';
  /** In frames after the reduction of time. */
  readonly transformerLeftContextLength: number;
  readonly transformerMaxMemorySize: number;
  readonly transformerWeightInitScaleStrategy: 'depthwise' | 'constant' | null;
  readonly transformerTanhOnMem: boolean;
  /** Also the width of the LSTMs. */
  readonly symbolEmbeddingDim: number;
  readonly numLstmLayers: number;
  readonly lstmLayerNorm: boolean;
  readonly lstmLayerNormEpsilon: number;
  readonly lstmDropout: number;
}

/** An {@link RNNT} with an Emformer. */
export function emformerRnnt(config: EmformerRnntConfig, generator?: Generator): RNNT {
  const { timeReductionStride: stride, symbolEmbeddingDim, numSymbols, encodingDim } = config;
  const transcriber = new EmformerEncoder(
    {
      inputDim: config.inputDim,
      outputDim: encodingDim,
      timeReductionInputDim: config.timeReductionInputDim,
      timeReductionStride: stride,
      transformer: {
        numHeads: config.transformerNumHeads,
        ffnDim: config.transformerFfnDim,
        numLayers: config.transformerNumLayers,
        segmentLength: Math.floor(config.segmentLength / stride),
        rightContextLength: Math.floor(config.rightContextLength / stride),
        leftContextLength: config.transformerLeftContextLength,
        maxMemorySize: config.transformerMaxMemorySize,
        dropout: config.transformerDropout,
        activation: config.transformerActivation,
        weightInitScaleStrategy: config.transformerWeightInitScaleStrategy,
        tanhOnMem: config.transformerTanhOnMem,
      },
    },
    generator,
  );
  const predictor = new Predictor(
    {
      numSymbols,
      outputDim: encodingDim,
      symbolEmbeddingDim,
      numLstmLayers: config.numLstmLayers,
      lstmHiddenDim: symbolEmbeddingDim,
      lstmLayerNorm: config.lstmLayerNorm,
      lstmLayerNormEpsilon: config.lstmLayerNormEpsilon,
      lstmDropout: config.lstmDropout,
    },
    generator,
  );
  return new RNNT(transcriber, predictor, new Joiner(encodingDim, numSymbols, { generator }), config);
}

/** torchaudio's `emformer_rnnt_base`: 77 million parameters. */
export function emformerRnntBase(numSymbols: number, generator?: Generator): RNNT {
  return emformerRnnt(
    {
      inputDim: 80,
      encodingDim: 1024,
      numSymbols,
      segmentLength: 16,
      rightContextLength: 4,
      timeReductionInputDim: 128,
      timeReductionStride: 4,
      transformerNumHeads: 8,
      transformerFfnDim: 2048,
      transformerNumLayers: 20,
      transformerDropout: 0.1,
      transformerActivation: 'gelu',
      transformerLeftContextLength: 30,
      transformerMaxMemorySize: 0,
      transformerWeightInitScaleStrategy: 'depthwise',
      transformerTanhOnMem: true,
      symbolEmbeddingDim: 512,
      numLstmLayers: 3,
      lstmLayerNorm: true,
      lstmLayerNormEpsilon: 1e-3,
      lstmDropout: 0.3,
    },
    generator,
  );
}

const modelType = 'hourglass-emformer-rnnt';

/** Kinds of checkpoint that {@link RNNT.fromPretrained} reads. */
export const rnntFamilies: ReadonlyArray<ModelFamily<RNNT>> = [
  ownFamily(modelType, (config: EmformerRnntConfig) => emformerRnnt(config)),
  torchaudioFamily(
    'rnnt.emformer_rnnt_model',
    [
      'inputDim',
      'encodingDim',
      'numSymbols',
      'segmentLength',
      'rightContextLength',
      'timeReductionInputDim',
      'timeReductionStride',
      'transformerNumHeads',
      'transformerFfnDim',
      'transformerNumLayers',
      'transformerDropout',
      'transformerActivation',
      'transformerLeftContextLength',
      'transformerMaxMemorySize',
      'transformerWeightInitScaleStrategy',
      'transformerTanhOnMem',
      'symbolEmbeddingDim',
      'numLstmLayers',
      'lstmLayerNorm',
      'lstmLayerNormEpsilon',
      'lstmDropout',
    ],
    (config: EmformerRnntConfig) => emformerRnnt(config),
  ),
];
