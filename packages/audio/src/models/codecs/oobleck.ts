/**
 * Oobleck, the autoencoder of Stable Audio Open: Evans et al. 2024, arXiv:2407.14358. Names and config.json are those of diffusers
 * (Apache-2.0), whose checkpoints (`AutoencoderOobleck`) it loads; original code: github.com/Stability-AI/stable-audio-tools (MIT).
 */
import {
  Bottleneck,
  check,
  defaultGenerator,
  functional as F,
  loadPretrained,
  normalTensor,
  scope,
  type Bottlenecked,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { SnakeDecoder, SnakeEncoder } from '../../layers/index.js';
import { AudioAutoencoder, fitTo } from './codec-model.js';
import { checkCounts, product, settingsIn } from './settings.js';

/** As diffusers' AutoencoderOobleck. */
export interface OobleckConfig {
  /** Channels next to the sound, times `channel_multiples`; also twice the width of the latent frames. */
  readonly encoder_hidden_size: number;
  readonly downsampling_ratios: readonly number[];
  /** One for each ratio. */
  readonly channel_multiples: readonly number[];
  readonly decoder_channels: number;
  /** Width of the latent frames. */
  readonly decoder_input_channels: number;
  readonly audio_channels: number;
  readonly sampling_rate: number;
}

const defaults: OobleckConfig = {
  encoder_hidden_size: 128,
  downsampling_ratios: [2, 4, 4, 8, 8],
  channel_multiples: [1, 2, 4, 8, 16],
  decoder_channels: 128,
  decoder_input_channels: 64,
  audio_channels: 2,
  sampling_rate: 44_100,
};

/** A Gaussian for each value of the latent frames, float32 [N, frames, width] each. */
export interface LatentGaussian {
  readonly mean: tf.Tensor;
  readonly std: tf.Tensor;
  /** Scalar: divergence from the unit Gaussian, summed over a frame and averaged over frames (twice the usual one, as in the reference). */
  readonly kl: tf.Tensor;
}

/** Gaussians whose standard deviation is softplus of the second half, and a little more. In training the value is a sample, else the mean. */
export class OobleckBottleneck extends Bottleneck {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly #generator: Generator | undefined;

  constructor(channels: number, generator?: Generator) {
    super();
    this.inChannels = 2 * channels;
    this.outChannels = channels;
    this.#generator = generator;
  }

  /** @param x float32 [N, frames, 2 · width] */
  gaussian(x: tf.Tensor): LatentGaussian {
    this.checkWidth(x);
    return scope(() => {
      const [mean, scale] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
      const std = tf.add(F.softplus(scale), 1e-4);
      const variance = tf.square(std);
      const each = tf.sub(tf.sub(tf.add(tf.square(mean), variance), tf.log(variance)), 1);
      return { mean, std, kl: tf.mean(tf.sum(each, -1)) };
    });
  }

  override forward(x: tf.Tensor): Bottlenecked {
    return scope(() => {
      const { mean, std, kl } = this.gaussian(x);
      const noise = (): tf.Tensor => normalTensor(mean.shape, 0, 1, this.#generator ?? defaultGenerator());
      const value = this.training ? tf.add(mean, tf.mul(std, noise())) : mean;
      return { value, codes: null, penalty: kl, metrics: { kl: F.stopGradient(kl) } };
    });
  }
}

/** Not causal, continuous: its frames are no codes. */
export class AutoencoderOobleck extends AudioAutoencoder<OobleckConfig> {
  protected override readonly modelType = 'oobleck';
  override readonly config: OobleckConfig;
  readonly encoder: SnakeEncoder;
  readonly bottleneck: OobleckBottleneck;
  readonly decoder: SnakeDecoder;
  readonly channels: number;
  readonly sampleRate: number;
  readonly hopLength: number;
  readonly latentChannels: number;

  /** @throws InvalidArgumentError for settings that do not go together */
  constructor(config: Partial<OobleckConfig> = {}, options: { readonly generator?: Generator | undefined } = {}) {
    super();
    const settings = { ...defaults, ...config };
    const { encoder_hidden_size, decoder_channels, decoder_input_channels, audio_channels, sampling_rate } = settings;
    const { downsampling_ratios: strides, channel_multiples } = settings;
    checkCounts('Oobleck', { ...settings });
    check(
      channel_multiples.length === strides.length,
      () => `Oobleck: ${channel_multiples.length} channel_multiples for ${strides.length} downsampling_ratios`,
    );
    check(
      encoder_hidden_size === 2 * decoder_input_channels,
      () =>
        `Oobleck: encoder_hidden_size ${encoder_hidden_size} must be twice decoder_input_channels ${decoder_input_channels}: a mean and a deviation each`,
    );
    const { generator } = options;
    this.config = settings;
    this.channels = audio_channels;
    this.sampleRate = sampling_rate;
    this.hopLength = product(strides);
    this.latentChannels = decoder_input_channels;
    const style = { beta: true, weightNorm: true, channels: audio_channels, generator };
    const multiples = [1, ...channel_multiples];
    this.encoder = new SnakeEncoder({
      ...style,
      latentChannels: encoder_hidden_size,
      strides,
      widths: multiples.map((multiple) => encoder_hidden_size * multiple),
    });
    this.bottleneck = new OobleckBottleneck(decoder_input_channels, generator);
    this.decoder = new SnakeDecoder({
      ...style,
      latentChannels: decoder_input_channels,
      strides: strides.toReversed(),
      widths: multiples.toReversed().map((multiple) => decoder_channels * multiple),
      lastBias: false,
    });
  }

  /** The latent frames' Gaussians. @param x float32 [N, time, channels] */
  encode(x: tf.Tensor): LatentGaussian {
    this.checkSound(x);
    return scope(() => this.bottleneck.gaussian(this.encoder.forward(x)));
  }

  /** Their means. */
  override encodeLatent(x: tf.Tensor): tf.Tensor {
    return scope(() => this.encode(x).mean);
  }

  override decodeLatent(latent: tf.Tensor): tf.Tensor {
    this.checkLatent(latent);
    return this.decoder.forward(latent);
  }

  /** Sound through the model and back, of the same length, with the divergence; by samples in training, by means in evaluation. */
  forward(x: tf.Tensor): { readonly audio: tf.Tensor; readonly penalty: tf.Tensor } {
    this.checkSound(x);
    return scope(() => {
      const { value, penalty } = this.bottleneck.forward(this.encoder.forward(x));
      return { audio: fitTo(this.decodeLatent(value), x.shape[1]!), penalty };
    });
  }

  override checkpointConfig(): Config {
    return { _class_name: 'AutoencoderOobleck', ...super.checkpointConfig() };
  }

  /** Loads a checkpoint: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<AutoencoderOobleck> {
    return loadPretrained(source, oobleckFamilies, options);
  }
}

export const oobleckFamilies: ReadonlyArray<ModelFamily<AutoencoderOobleck>> = [
  {
    modelType: 'oobleck',
    matches: (config) => config['_class_name'] === 'AutoencoderOobleck' || config['model_type'] === 'oobleck',
    build: (config) => new AutoencoderOobleck(settingsIn<OobleckConfig>(config, defaults)),
  },
];
