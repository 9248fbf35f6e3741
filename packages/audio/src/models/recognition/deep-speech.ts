/**
 * "Deep Speech: Scaling up end-to-end speech recognition", Hannun et al. 2014, arXiv:1412.5567, as `torchaudio.models.DeepSpeech` has
 * it (BSD-2-Clause), whose parameter names and checkpoints it takes.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  Dropout,
  functional,
  Linear,
  loadPretrained,
  Module,
  ownFamily,
  RNN,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import { torchaudioFamily } from '../torchaudio.js';
import { checkFeatures } from './lengths.js';

/** What a {@link DeepSpeech} is built from: torchaudio's arguments. */
export interface DeepSpeechConfig {
  /** Features of a frame, with those of its neighbours where they are stacked. */
  readonly nFeature: number;
  /** Default 2048. */
  readonly nHidden?: number;
  /** Labels with the blank. Default 40. */
  readonly nClass?: number;
  /** Default 0. */
  readonly dropout?: number;
}

/** A linear map cut to 0 … 20. */
class FullyConnected extends Module implements UnaryModule {
  readonly fc: Linear;
  readonly dropout: Dropout;

  constructor(inputs: number, outputs: number, dropout: number, generator?: Generator) {
    super();
    this.fc = new Linear(inputs, outputs, { generator });
    this.dropout = new Dropout(dropout, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.dropout.forward(functional.hardtanh(this.fc.forward(x), 0, 20)));
  }
}

/** Maps of single frames around one recurrent layer in both directions. */
export class DeepSpeech extends ConfiguredModel<DeepSpeechConfig> {
  protected override readonly modelType = modelType;
  override readonly config: DeepSpeechConfig;
  readonly fc1: FullyConnected;
  readonly fc2: FullyConnected;
  readonly fc3: FullyConnected;
  readonly bi_rnn: RNN;
  readonly fc4: FullyConnected;
  readonly out: Linear;

  constructor(config: DeepSpeechConfig, generator?: Generator) {
    super();
    this.config = config;
    const { nFeature, nHidden = 2048, nClass = 40, dropout = 0 } = config;
    this.fc1 = new FullyConnected(nFeature, nHidden, dropout, generator);
    this.fc2 = new FullyConnected(nHidden, nHidden, dropout, generator);
    this.fc3 = new FullyConnected(nHidden, nHidden, dropout, generator);
    this.bi_rnn = new RNN(nHidden, nHidden, {
      nonlinearity: 'relu',
      bidirectional: true,
      batchFirst: true,
      ...(generator && { generator }),
    });
    this.fc4 = new FullyConnected(nHidden, nHidden, dropout, generator);
    this.out = new Linear(nHidden, nClass, { generator });
  }

  /**
   * @param x float32 [N, T, nFeature]
   * @returns log probabilities float32 [N, T, nClass]
   * @throws InvalidArgumentError for other shapes
   */
  forward(x: tf.Tensor): tf.Tensor {
    checkFeatures('DeepSpeech', x, this.config.nFeature);
    return scope(() => {
      const y = this.fc3.forward(this.fc2.forward(this.fc1.forward(x)));
      const [forward, backward] = tf.split(this.bi_rnn.forward(y).output, 2, 2) as [tf.Tensor, tf.Tensor];
      return functional.logSoftmax(this.out.forward(this.fc4.forward(tf.add(forward, backward))));
    });
  }

  /** Loads a checkpoint of this library or of torchaudio's model: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<DeepSpeech> {
    return loadPretrained(source, deepSpeechFamilies, options);
  }
}

const modelType = 'hourglass-deep-speech';

/** Kinds of checkpoint that {@link DeepSpeech.fromPretrained} reads. */
export const deepSpeechFamilies: ReadonlyArray<ModelFamily<DeepSpeech>> = [
  ownFamily(modelType, (config: DeepSpeechConfig) => new DeepSpeech(config)),
  torchaudioFamily(
    'DeepSpeech',
    ['nFeature', 'nHidden', 'nClass', 'dropout'],
    (config: DeepSpeechConfig) => new DeepSpeech(config),
  ),
];
