import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  Conv1d,
  GroupNorm,
  init,
  LayerNorm,
  Module,
  ModuleList,
  scope,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';

/** The convolutions that make frames of samples, with transformers' names. */
export interface FeatureEncoderConfig {
  /** Channels of each convolution; their number is that of the layers. */
  readonly conv_dim: readonly number[];
  readonly conv_kernel: readonly number[];
  readonly conv_stride: readonly number[];
  readonly conv_bias: boolean;
  /** `group`: the first layer's channels are normalised over time; `layer`: every layer's frames over their channels. */
  readonly feat_extract_norm: 'group' | 'layer';
  readonly feat_extract_activation: string;
}

/** @throws InvalidArgumentError for lists of different lengths, an unknown norm or sizes that are not positive whole numbers */
export function checkFeatureEncoder(config: FeatureEncoderConfig): void {
  const { conv_dim, conv_kernel, conv_stride, feat_extract_norm } = config;
  check(
    conv_dim.length > 0 && conv_dim.length === conv_kernel.length && conv_dim.length === conv_stride.length,
    () =>
      `conv_dim, conv_kernel and conv_stride need one number for each layer, got ${conv_dim.length}, ${conv_kernel.length} and ${conv_stride.length}`,
  );
  for (const [name, sizes] of Object.entries({ conv_dim, conv_kernel, conv_stride })) {
    check(
      sizes.every((size) => Number.isInteger(size) && size > 0),
      () => `${name} must hold positive whole numbers, got [${sizes.join(', ')}]`,
    );
  }
  check(
    feat_extract_norm === 'group' || feat_extract_norm === 'layer',
    () => `feat_extract_norm must be 'group' or 'layer', got '${String(feat_extract_norm)}'`,
  );
}

class ConvLayer extends Module implements UnaryModule {
  readonly conv: Conv1d;
  /** Over time for each channel, over the channels of each frame, or not at all. */
  readonly layer_norm: GroupNorm | LayerNorm | null;
  readonly #activation: UnaryModule;

  constructor(config: FeatureEncoderConfig, index: number, generator?: Generator) {
    super();
    const { conv_dim, conv_kernel, conv_stride, conv_bias: bias, feat_extract_norm: norm } = config;
    const width = conv_dim[index]!;
    this.conv = new Conv1d(index === 0 ? 1 : conv_dim[index - 1]!, width, {
      kernelSize: conv_kernel[index]!,
      stride: conv_stride[index]!,
      bias,
      generator,
    });
    init.kaimingNormal(this.conv.weight, { generator });
    if (norm === 'layer') this.layer_norm = new LayerNorm(width);
    else this.layer_norm = index === 0 ? new GroupNorm(width, width) : null;
    this.#activation = activationByName(config.feat_extract_activation);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.conv.forward(x);
      return this.#activation.forward(this.layer_norm === null ? y : this.layer_norm.forward(y));
    });
  }
}

/**
 * Frames of features from samples by convolutions without padding: the feature encoder of wav2vec 2.0 (Baevski et al. 2020,
 * arXiv:2006.11477) and of those after it.
 */
export class FeatureEncoder extends Module implements UnaryModule {
  readonly conv_layers: ModuleList<ConvLayer>;
  readonly #config: FeatureEncoderConfig;

  /** @throws InvalidArgumentError as {@link checkFeatureEncoder} does */
  constructor(config: FeatureEncoderConfig, generator?: Generator) {
    super();
    checkFeatureEncoder(config);
    this.#config = config;
    this.conv_layers = new ModuleList(config.conv_dim.map((_, index) => new ConvLayer(config, index, generator)));
  }

  /** Fewest samples that make a frame. */
  get receptiveField(): number {
    const { conv_kernel, conv_stride } = this.#config;
    return conv_kernel.reduceRight((field, kernel, layer) => (field - 1) * conv_stride[layer]! + kernel, 1);
  }

  /** How many frames so many samples make; 0 or less for fewer than {@link receptiveField}. */
  frames(samples: number): number {
    const { conv_kernel, conv_stride } = this.#config;
    return conv_kernel.reduce(
      (length, kernel, layer) => Math.floor((length - kernel) / conv_stride[layer]!) + 1,
      samples,
    );
  }

  /**
   * @param x float32 [N, samples], of unit variance where the checkpoint asks for it
   * @returns float32 [N, frames, conv_dim.at(-1)]
   * @throws InvalidArgumentError for another rank and for too few samples
   */
  forward(x: tf.Tensor): tf.Tensor {
    const least = this.receptiveField;
    check(
      x.rank === 2 && x.shape[1]! >= least,
      () => `a feature encoder takes samples [N, time], at least ${least} of them, got shape [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      let y = tf.expandDims(x, -1);
      for (const layer of this.conv_layers) y = layer.forward(y);
      return y;
    });
  }
}
