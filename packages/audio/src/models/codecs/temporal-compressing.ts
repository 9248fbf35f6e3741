/**
 * TSM-Net: "Audio Time-Scale Modification with Temporal Compressing Networks", Chu, Chen, Chen 2022, arXiv:2210.17152. An autoencoder whose latent
 * (the Neuralgram) has a vector for 1024 samples: long enough for the pitch to lie in the vectors and the pace in their sequence, so that
 * interpolating between vectors changes the pace alone. Convolutions are those of EnCodec's SEANet.
 */
import {
  check,
  defaultGenerator,
  functional,
  loadPretrained,
  losses,
  ownFamily,
  scope,
  Tanh,
  type Generator,
  type OpenOptions,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { SEANetDecoder, SEANetEncoder } from '../../layers/index.js';
import { AudioAutoencoder, fitTo } from './codec-model.js';
import { startOrthogonal } from './orthogonal-start.js';

export interface TemporalCompressingConfig {
  readonly sampling_rate: number;
  readonly audio_channels: number;
  /** How much shorter the signal gets at each stage; their product is the samples of a vector. */
  readonly compress_ratios: readonly number[];
  /** Channels next to the sound; each stage has twice as many. */
  readonly num_filters: number;
  /** Width of a vector. */
  readonly hidden_size: number;
  /** Residual units a stage, of dilation 1, 3, 9, …. */
  readonly num_residual_layers: number;
  readonly residual_kernel_size: number;
  /** How much narrower they are inside. */
  readonly compress: number;
}

const defaults: TemporalCompressingConfig = {
  sampling_rate: 22_050,
  audio_channels: 1,
  compress_ratios: [4, 4, 8, 8],
  num_filters: 32,
  hidden_size: 512,
  num_residual_layers: 3,
  residual_kernel_size: 3,
  compress: 1,
};

export class TemporalCompressingNetwork extends AudioAutoencoder<TemporalCompressingConfig> {
  protected override readonly modelType = 'temporal-compressing';
  override readonly config: TemporalCompressingConfig;
  readonly encoder: SEANetEncoder;
  readonly decoder: SEANetDecoder;
  readonly sampleRate: number;
  readonly channels: number;
  readonly hopLength: number;
  readonly latentChannels: number;

  /** @throws InvalidArgumentError for sizes that make no network */
  constructor(
    config: Partial<TemporalCompressingConfig> = {},
    options: { readonly generator?: Generator | undefined } = {},
  ) {
    super();
    const settings = { ...defaults, ...config };
    const { generator } = options;
    const seanet = {
      channels: settings.audio_channels,
      dimension: settings.hidden_size,
      numFilters: settings.num_filters,
      ratios: settings.compress_ratios.toReversed(),
      numResidualLayers: settings.num_residual_layers,
      residualKernelSize: settings.residual_kernel_size,
      dilationGrowthRate: 3,
      compress: settings.compress,
      lstmLayers: 0,
      convShortcut: false,
      norm: 'none',
      padMode: 'constant',
      generator,
    } as const;
    this.config = settings;
    this.encoder = new SEANetEncoder(seanet);
    this.decoder = new SEANetDecoder({ ...seanet, finalActivation: new Tanh() });
    startOrthogonal(this.encoder, this.decoder, generator ?? defaultGenerator());
    this.sampleRate = settings.sampling_rate;
    this.channels = settings.audio_channels;
    this.hopLength = settings.compress_ratios.reduce((product, ratio) => product * ratio, 1);
    this.latentChannels = settings.hidden_size;
  }

  /**
   * Reads what {@link savePretrained} wrote.
   *
   * @throws CheckpointError, FileError
   */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<TemporalCompressingNetwork> {
    return loadPretrained(source, [temporalCompressingFamily], options);
  }

  override encodeLatent(x: tf.Tensor): tf.Tensor {
    this.checkSound(x);
    return this.encoder.forward(x);
  }

  override decodeLatent(latent: tf.Tensor): tf.Tensor {
    this.checkLatent(latent);
    return this.decoder.forward(latent);
  }

  /** Sound through the network and back, of the same length. */
  forward(x: tf.Tensor): tf.Tensor {
    return this.stretch(x, 1);
  }

  /**
   * Sound of another length and the same pitch.
   *
   * @param x float32 [N, time, channels]
   * @param factor how many times longer
   * @returns float32 [N, round(time · factor), channels]
   * @throws InvalidArgumentError for a factor that is not positive
   */
  stretch(x: tf.Tensor, factor: number): tf.Tensor {
    check(Number.isFinite(factor) && factor > 0, () => `sound is stretched by a positive factor, got ${factor}`);
    return scope(() => {
      const length = Math.max(1, Math.round(x.shape[1]! * factor));
      const latent = this.encodeLatent(x);
      const size = Math.ceil(length / this.hopLength);
      // vectors of the new length lie between those that there are
      const stretched = factor === 1 ? latent : functional.interpolate(latent, { size, mode: 'linear' });
      return fitTo(this.decodeLatent(stretched), length);
    });
  }

  /**
   * What the latent of decoded sound should be: the latent that it was decoded from. Mean absolute difference, relative to the latent's
   * mean absolute value; the target counts as constant.
   *
   * @param latent float32 [N, frames, latentChannels]
   * @param decoded the sound that {@link decodeLatent} made of it
   * @returns scalar
   */
  latentRegression(latent: tf.Tensor, decoded: tf.Tensor): tf.Tensor {
    return scope(() => {
      const target = functional.stopGradient(latent);
      const size = tf.add(tf.mean(tf.abs(target)), 1e-8);
      return tf.div(losses.l1(this.encodeLatent(decoded), target), size);
    });
  }
}

export const temporalCompressingFamily = ownFamily<TemporalCompressingNetwork, Partial<TemporalCompressingConfig>>(
  'temporal-compressing',
  (config) => new TemporalCompressingNetwork(config),
);
