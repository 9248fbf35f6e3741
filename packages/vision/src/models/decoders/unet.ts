/**
 * U-Net's expanding path: Ronneberger, Fischer and Brox 2015 (arXiv 1505.04597), with up-sampling in place of transposed
 * convolution. Names and arguments of `Unet` in segmentation_models.pytorch (MIT); written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, ModuleList, scope, type Generator } from '@hourglass/core';
import { Attention, type AttentionType } from '../../layers/attention.js';
import { Conv2dReLU } from '../../layers/conv2d-relu.js';
import type { NormSpec } from '../../layers/norm.js';
import { factsOf, skipChannels, skipFeatures, type EncoderFacts } from '../encoders/encoder.js';
import {
  checkChannels,
  defaultChannels,
  sizeOf,
  withDefaults,
  type Decoder,
  type DecoderFamily,
  type Interpolation,
} from './decoder.js';

export interface UNetDecoderOptions {
  /** Channels of each block, deepest first. */
  readonly channels: readonly number[];
  readonly norm: NormSpec;
  readonly attention: AttentionType | null;
  readonly interpolation: Interpolation;
}

/** Options of one block; `inChannels` arrive from below, `skipChannels` from the encoder. */
export interface UNetBlockOptions extends Omit<UNetDecoderOptions, 'channels'> {
  readonly inChannels: number;
  readonly skipChannels: number;
  readonly outChannels: number;
  readonly generator?: Generator | undefined;
}

/** Two 3×3 convolutions on the map from below, enlarged, beside the skip connection; attention before and after. */
export class UNetBlock extends Module {
  readonly conv1: Conv2dReLU;
  readonly attention1: Attention;
  readonly conv2: Conv2dReLU;
  readonly attention2: Attention;
  readonly #interpolation: Interpolation;

  constructor(options: UNetBlockOptions) {
    super();
    const { inChannels, skipChannels: skip, outChannels, norm, attention, interpolation, generator } = options;
    const conv = { kernelSize: 3, padding: 1, norm, generator };
    this.conv1 = new Conv2dReLU(inChannels + skip, outChannels, conv);
    this.attention1 = new Attention(attention, inChannels + skip, generator);
    this.conv2 = new Conv2dReLU(outChannels, outChannels, conv);
    this.attention2 = new Attention(attention, outChannels, generator);
    this.#interpolation = interpolation;
  }

  /** `x` is enlarged to `size` (height, width), then joined with the skip connection if there is one. */
  forward(x: tf.Tensor, size: readonly [number, number], skip?: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = functional.interpolate(x, { size: [...size], mode: this.#interpolation });
      if (skip !== undefined) y = this.attention1.forward(tf.concat([y, skip], 3));
      return this.attention2.forward(this.conv2.forward(this.conv1.forward(y)));
    });
  }
}

export class UNetDecoder extends Module implements Decoder {
  readonly blocks: ModuleList<UNetBlock>;
  readonly outChannels: number;
  readonly outputStride = 1;
  readonly #facts: EncoderFacts;

  constructor(facts: EncoderFacts, options: UNetDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, ...rest } = options;
    const [head, ...skips] = [...skipChannels(facts)].reverse();
    this.#facts = factsOf(facts);
    this.outChannels = channels.at(-1)!;
    this.blocks = new ModuleList(
      channels.map(
        (outChannels, i) =>
          new UNetBlock({
            ...rest,
            outChannels,
            inChannels: i === 0 ? head! : channels[i - 1]!,
            skipChannels: skips[i] ?? 0,
          }),
      ),
    );
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const sizes = features.map(sizeOf).reverse();
      const [head, ...skips] = [...skipFeatures(this.#facts, features)].reverse();
      return [...this.blocks].reduce((x, block, i) => block.forward(x, sizes[i + 1]!, skips[i]), head!);
    });
  }
}

/** U-Net among the decoders. */
export const unetFamily: DecoderFamily<UNetDecoderOptions> = {
  referenceClass: 'Unet',
  referenceArguments: {
    decoder_channels: 'channels',
    decoder_use_norm: 'norm',
    decoder_use_batchnorm: 'norm',
    decoder_attention_type: 'attention',
    decoder_interpolation: 'interpolation',
  },
  anySize: true,
  headKernel: 3,
  initialise: true,
  upsampling: () => 1,
  resolve(facts, given) {
    const defaults = {
      channels: defaultChannels(facts),
      norm: true,
      attention: null,
      interpolation: 'nearest',
    } as const;
    const options = withDefaults<UNetDecoderOptions>(defaults, given);
    checkChannels(facts, options.channels, 'a U-Net');
    return options;
  },
  build: (facts, options, _classes, generator) => new UNetDecoder(facts, { ...options, generator }),
};
