/**
 * HiFi-GAN: "Generative Adversarial Networks for Efficient and High Fidelity Speech Synthesis", Kong et al. 2020, arXiv:2010.05646, with the
 * names of transformers' SpeechT5HifiGan (checkpoint microsoft/speecht5_hifigan, MIT). Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Conv1d,
  ConvTranspose1d,
  functional,
  init,
  loadPretrained,
  Module,
  ModuleList,
  scope,
  StateBuffer,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type RenameRule,
} from '@hourglass/core';

/** What the vocoder is made from, under transformers' names. */
export interface HifiGanSettings {
  /** Mel bands. */
  readonly model_in_dim: number;
  readonly sampling_rate: number;
  readonly upsample_initial_channel: number;
  /** Their product is the number of samples that a frame makes. */
  readonly upsample_rates: readonly number[];
  readonly upsample_kernel_sizes: readonly number[];
  readonly resblock_kernel_sizes: readonly number[];
  readonly resblock_dilation_sizes: ReadonlyArray<readonly number[]>;
  readonly initializer_range: number;
  readonly leaky_relu_slope: number;
  /** Normalise the spectrogram with the checkpoint's mean and scale. */
  readonly normalize_before: boolean;
}

/** config.json: what differs from the defaults, and whatever else the file says. */
export type HifiGanConfig = { readonly [K in keyof HifiGanSettings]?: HifiGanSettings[K] | null } & Config;

/** Model types that say the same vocoder, with what their defaults differ in. */
const modelTypes: Readonly<Record<string, Partial<HifiGanSettings>>> = {
  speecht5_hifigan: {},
  fastspeech2_conformer_hifigan: { upsample_rates: [8, 8, 2, 2], upsample_kernel_sizes: [16, 16, 4, 4] },
};

const defaults: HifiGanSettings = {
  model_in_dim: 80,
  sampling_rate: 16000,
  upsample_initial_channel: 512,
  upsample_rates: [4, 4, 4, 4],
  upsample_kernel_sizes: [8, 8, 8, 8],
  resblock_kernel_sizes: [3, 7, 11],
  resblock_dilation_sizes: [
    [1, 3, 5],
    [1, 3, 5],
    [1, 3, 5],
  ],
  initializer_range: 0.01,
  leaky_relu_slope: 0.1,
  normalize_before: true,
};

class ResidualBlock extends Module {
  readonly convs1: ModuleList<Conv1d>;
  readonly convs2: ModuleList<Conv1d>;
  readonly #slope: number;

  constructor(
    channels: number,
    kernelSize: number,
    dilations: readonly number[],
    slope: number,
    generator?: Generator,
  ) {
    super();
    const conv = (dilation: number): Conv1d => {
      const padding = Math.floor((kernelSize * dilation - dilation) / 2);
      return new Conv1d(channels, channels, { kernelSize, dilation, padding, generator });
    };
    this.convs1 = new ModuleList(dilations.map((dilation) => conv(dilation)));
    this.convs2 = new ModuleList(dilations.map(() => conv(1)));
    this.#slope = slope;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const second = [...this.convs2];
    let y = x;
    for (const [i, first] of [...this.convs1].entries()) {
      const inner = first.forward(functional.leakyRelu(y, this.#slope));
      y = tf.add(second[i]!.forward(functional.leakyRelu(inner, this.#slope)), y);
    }
    return y;
  }
}

/** Spectrograms to sound. */
export class HifiGan extends ConfiguredModel<HifiGanConfig> {
  protected override readonly modelType: string;
  readonly conv_pre: Conv1d;
  readonly upsampler: ModuleList<ConvTranspose1d>;
  /** For each step of upsampling one for each kernel size. */
  readonly resblocks: ModuleList<ResidualBlock>;
  readonly conv_post: Conv1d;
  readonly mean: StateBuffer;
  readonly scale: StateBuffer;
  readonly settings: HifiGanSettings;

  /** @throws InvalidArgumentError for lists of different lengths, and a width that cannot be halved so often */
  constructor(
    override readonly config: HifiGanConfig = {},
    generator?: Generator,
    modelType = 'speecht5_hifigan',
  ) {
    super();
    this.modelType = modelType;
    const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
    const settings: HifiGanSettings = { ...defaults, ...modelTypes[modelType], ...given };
    this.settings = settings;
    const { upsample_rates: rates, upsample_kernel_sizes: kernels, upsample_initial_channel: width } = settings;
    const { resblock_kernel_sizes, resblock_dilation_sizes, model_in_dim, leaky_relu_slope } = settings;
    check(
      rates.length > 0 && rates.length === kernels.length,
      () => `upsample_rates and upsample_kernel_sizes need as many numbers, got ${rates.length} and ${kernels.length}`,
    );
    check(
      resblock_kernel_sizes.length > 0 && resblock_kernel_sizes.length === resblock_dilation_sizes.length,
      () =>
        `resblock_kernel_sizes and resblock_dilation_sizes need as many entries, got ${resblock_kernel_sizes.length} and ${resblock_dilation_sizes.length}`,
    );
    check(
      Math.floor(width / 2 ** rates.length) > 0,
      () => `upsample_initial_channel ${width} cannot be halved ${rates.length} times`,
    );
    const channels = (step: number): number => Math.floor(width / 2 ** step);
    this.conv_pre = new Conv1d(model_in_dim, width, { kernelSize: 7, padding: 3, generator });
    this.upsampler = new ModuleList(
      rates.map(
        (stride, i) =>
          new ConvTranspose1d(channels(i), channels(i + 1), {
            kernelSize: kernels[i]!,
            stride,
            padding: Math.floor((kernels[i]! - stride) / 2),
            generator,
          }),
      ),
    );
    this.resblocks = new ModuleList(
      rates.flatMap((_, i) =>
        resblock_kernel_sizes.map(
          (kernel, j) =>
            new ResidualBlock(channels(i + 1), kernel, resblock_dilation_sizes[j]!, leaky_relu_slope, generator),
        ),
      ),
    );
    this.conv_post = new Conv1d(channels(rates.length), 1, { kernelSize: 7, padding: 3, generator });
    this.mean = new StateBuffer(tf.zeros([model_in_dim]));
    this.scale = new StateBuffer(tf.ones([model_in_dim]));
    for (const [, module] of this.namedModules()) {
      if (!(module instanceof Conv1d || module instanceof ConvTranspose1d)) continue;
      init.normal(module.weight, 0, settings.initializer_range, { generator });
      init.zeros(module.bias!);
    }
  }

  /** Samples that a frame makes. */
  get samplesPerFrame(): number {
    return this.settings.upsample_rates.reduce((product, rate) => product * rate, 1);
  }

  /**
   * @param spectrogram float32 [N, frames, model_in_dim], of logarithms of mel bands
   * @returns float32 [N, samples] in (-1, 1)
   * @throws InvalidArgumentError for another shape
   */
  forward(spectrogram: tf.Tensor): tf.Tensor {
    const { model_in_dim, normalize_before, leaky_relu_slope, resblock_kernel_sizes } = this.settings;
    check(
      spectrogram.rank === 3 && spectrogram.shape[2] === model_in_dim,
      () => `HifiGan takes spectrograms [batch, frames, ${model_in_dim}], got [${spectrogram.shape.join(', ')}]`,
    );
    return scope(() => {
      const given = normalize_before ? tf.div(tf.sub(spectrogram, this.mean.value), this.scale.value) : spectrogram;
      let x = this.conv_pre.forward(given);
      const kinds = resblock_kernel_sizes.length;
      for (const [i, upsample] of [...this.upsampler].entries()) {
        const y = upsample.forward(functional.leakyRelu(x, leaky_relu_slope));
        const parts = Array.from({ length: kinds }, (_, j) => this.resblocks.at(i * kinds + j).forward(y));
        x = tf.div(tf.addN(parts), kinds);
      }
      // the reference's last slope is torch's default, not the configured one
      const wave = tf.tanh(this.conv_post.forward(functional.leakyRelu(x)));
      return tf.reshape(wave, [wave.shape[0]!, wave.shape[1]!]);
    });
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<HifiGan> {
    return loadPretrained(source, hifiGanFamilies, options);
  }
}

/** Kinds of checkpoint that {@link HifiGan.fromPretrained} reads. */
export const hifiGanFamilies: ReadonlyArray<ModelFamily<HifiGan>> = Object.keys(modelTypes).map((modelType) => ({
  modelType,
  matches: (config) => config['model_type'] === modelType,
  build: ({ model_type: _modelType, ...config }) => new HifiGan(config, undefined, modelType),
  rename: [] as RenameRule[],
}));
