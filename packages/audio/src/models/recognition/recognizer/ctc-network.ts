import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv2d,
  defaultGenerator,
  Dropout,
  Linear,
  LSTM,
  Module,
  scope,
  type Config,
  type Generator,
} from '@hourglass/core';
import { frameMask, maskSpans } from '../../../layers/speech/index.js';
import { Conformer } from '../conformer.js';
import { LogMelFeatures } from './log-mel.js';

export const ctcModelType = 'hourglass-ctc';

/** What reads the frames. */
export const ctcArchitectures = ['lstm', 'conformer'] as const;
export type CtcArchitecture = (typeof ctcArchitectures)[number];

/** What a {@link CtcNetwork} is made of; plain data, kept in config.json. */
export interface CtcNetworkConfig {
  readonly architecture: CtcArchitecture;
  /** Number of tokens with the blank. */
  readonly vocabSize: number;
  /** Hertz. */
  readonly sampleRate: number;
  /** Mel filters, a multiple of 4. Default 40. */
  readonly nMels?: number;
  /** Channels of the convolutions. Default 16. */
  readonly channels?: number;
  /** Width of the layers behind; the LSTM's for each direction. Default 128. */
  readonly hidden?: number;
  /** Default 2. */
  readonly layers?: number;
  /** Heads of the conformer. Default 4. */
  readonly heads?: number;
  /** Frames of 10 ms that become one: 2 (default) or 4. Digits said fast have hardly more frames than letters. */
  readonly subsampling?: 2 | 4;
  /** Default 0.1. */
  readonly dropout?: number;
  /** Share of frames and of mel filters that training hides, in spans of 5. Default 0.1. */
  readonly masking?: number;
}

/**
 * Two convolutions over log-mel spectra that halve time (or quarter it) and quarter the filters, then an LSTM in both directions or a
 * Conformer, and a score for each token and frame.
 */
export class CtcNetwork extends Module {
  readonly config: CtcNetworkConfig;
  readonly features: LogMelFeatures;
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly projection: Linear;
  readonly lstm: LSTM | null;
  readonly conformer: Conformer | null;
  readonly dropout: Dropout;
  readonly head: Linear;
  readonly strides: readonly [number, number];
  readonly masking: number;
  readonly #generator: Generator | undefined;

  /** @throws InvalidArgumentError for sizes that do not fit */
  constructor(config: CtcNetworkConfig, generator?: Generator) {
    super();
    const { architecture, vocabSize, sampleRate, nMels = 40, channels = 16, hidden = 128, layers = 2 } = config;
    const { subsampling = 2, dropout = 0.1, masking = 0.1, heads = 4 } = config;
    check(
      ctcArchitectures.includes(architecture),
      () => `there is no architecture '${architecture}'; there are ${ctcArchitectures.join(', ')}`,
    );
    check(nMels % 4 === 0, `nMels must be a multiple of 4, got ${nMels}`);
    check(subsampling === 2 || subsampling === 4, `subsampling must be 2 or 4, got ${String(subsampling)}`);
    this.config = config;
    this.features = new LogMelFeatures({ sampleRate, nMels });
    this.strides = [2, subsampling / 2];
    const around = { kernelSize: 3, padding: 1, generator };
    this.conv1 = new Conv2d(1, channels, { ...around, stride: [this.strides[0], 2] });
    this.conv2 = new Conv2d(channels, channels, { ...around, stride: [this.strides[1], 2] });
    this.projection = new Linear((channels * nMels) / 4, hidden, { generator });
    const isLstm = architecture === 'lstm';
    this.lstm = isLstm
      ? new LSTM(hidden, hidden, { numLayers: layers, bidirectional: true, batchFirst: true, dropout, generator })
      : null;
    const sizes = { inputDim: hidden, numHeads: heads, ffnDim: 4 * hidden, numLayers: layers };
    this.conformer = isLstm
      ? null
      : new Conformer({ ...sizes, depthwiseConvKernelSize: 15, dropout, useGroupNorm: true }, generator);
    this.dropout = new Dropout(dropout, { generator });
    this.head = new Linear(isLstm ? 2 * hidden : hidden, vocabSize, { generator });
    this.masking = masking;
    this.#generator = generator;
  }

  /** Fewest samples that make a frame. */
  get leastSamples(): number {
    return this.features.size;
  }

  /** How many frames of scores so many samples give. */
  frames(samples: number): number {
    return this.strides.reduce((length, stride) => Math.ceil(length / stride), this.features.frames(samples));
  }

  /**
   * @param x float32 [N, samples], at least {@link leastSamples} @param call.lengths how many samples of each sound count
   * @returns logits float32 [N, frames, vocabSize]; what padding gives is without meaning
   */
  forward(x: tf.Tensor, call: { readonly lengths?: readonly number[] | null } = {}): { readonly logits: tf.Tensor } {
    const least = this.leastSamples;
    check(
      x.rank === 2 && x.shape[1]! >= least,
      () => `a recogniser takes samples [N, time], at least ${least} of them, got shape [${x.shape.join(', ')}]`,
    );
    const samples = call.lengths ?? Array.from({ length: x.shape[0]! }, () => x.shape[1]!);
    check(
      samples.length === x.shape[0] && samples.every((count) => count >= least && count <= x.shape[1]!),
      () => `${x.shape[0]} sounds need as many lengths from ${least} to ${x.shape[1]}, got ${samples.join(', ')}`,
    );
    return scope(() => {
      const { x: levels, lengths } = this.features.forward(x, samples);
      let y: tf.Tensor = tf.expandDims(this.#hide(levels, lengths), -1);
      let ends = lengths;
      for (const [conv, stride] of [
        [this.conv1, this.strides[0]],
        [this.conv2, this.strides[1]],
      ] as const) {
        y = tf.relu(conv.forward(y));
        ends = ends.map((length) => Math.ceil(length / stride));
        // what the bias leaves behind the end would reach back in the next layer
        y = tf.mul(y, tf.reshape(frameMask(ends, y.shape[1]!), [y.shape[0]!, y.shape[1]!, 1, 1]));
      }
      const [n, frames] = y.shape as [number, number];
      const input = this.dropout.forward(this.projection.forward(tf.reshape(y, [n, frames, -1])));
      const read =
        this.lstm === null ? this.conformer!.forward(input, ends) : this.lstm.forward(input, { lengths: ends }).output;
      return { logits: this.head.forward(this.dropout.forward(read)) };
    });
  }

  /** SpecAugment (Park et al. 2019, arXiv:1904.08779): in training some frames and filters are hidden. */
  #hide(x: tf.Tensor, lengths: readonly number[]): tf.Tensor {
    if (!this.training || this.masking === 0) return x;
    const [n, frames, filters] = x.shape as [number, number, number];
    const options = { probability: this.masking, length: 5, generator: this.#generator ?? defaultGenerator() };
    const kept = (mask: Uint8Array): Float32Array => Float32Array.from(mask, (hidden) => 1 - hidden);
    const time = tf.tensor3d(kept(maskSpans(n, frames, { ...options, lengths })), [n, frames, 1]);
    const frequency = tf.tensor3d(kept(maskSpans(n, filters, options)), [n, 1, filters]);
    return tf.mul(tf.mul(x, time), frequency);
  }

  checkpointConfig(): Config {
    return { model_type: ctcModelType, ...this.config };
  }
}
