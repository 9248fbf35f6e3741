/**
 * Feature pyramid: Lin et al. 2017 (arXiv 1612.03144), with the segmentation blocks of Kirillov et al. 2019, Panoptic Feature Pyramid
 * Networks (arXiv 1901.02446). Names and arguments of `FPN` in segmentation_models.pytorch (MIT); written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv2d,
  Dropout2d,
  functional,
  GroupNorm,
  Module,
  ModuleList,
  ReLU,
  scope,
  Sequential,
  type Generator,
} from '@hourglass/core';
import type { EncoderFacts } from '../encoders/encoder.js';
import { checkDepth, withDefaults, type Decoder, type DecoderFamily, type Interpolation } from './decoder.js';

export interface FPNDecoderOptions {
  readonly pyramidChannels: number;
  /** A multiple of 32: the norms have 32 groups. */
  readonly segmentationChannels: number;
  /** Branches are added or concatenated. */
  readonly mergePolicy: 'add' | 'cat';
  readonly dropout: number;
  readonly interpolation: Interpolation;
}

class Conv3x3GNReLU extends Module {
  readonly block: Sequential;
  readonly #upsample: boolean;

  constructor(inChannels: number, outChannels: number, upsample: boolean, generator: Generator | undefined) {
    super();
    this.#upsample = upsample;
    this.block = new Sequential(
      new Conv2d(inChannels, outChannels, { kernelSize: 3, padding: 1, bias: false, ...(generator && { generator }) }),
      new GroupNorm(32, outChannels),
      new ReLU(),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    if (!this.#upsample) return this.block.forward(x);
    return scope(() =>
      functional.interpolate(this.block.forward(x), { scaleFactor: 2, mode: 'bilinear', alignCorners: true }),
    );
  }
}

/** Brings one level of the pyramid to the finest one's size, ×2 at a time. */
class SegmentationBlock extends Module {
  readonly block: Sequential;

  constructor(inChannels: number, outChannels: number, upsamplings: number, generator: Generator | undefined) {
    super();
    this.block = new Sequential(
      ...Array.from(
        { length: Math.max(1, upsamplings) },
        (_, i) => new Conv3x3GNReLU(i === 0 ? inChannels : outChannels, outChannels, upsamplings > 0, generator),
      ),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.block.forward(x);
  }
}

/** The level below, enlarged, plus this level's feature map through a 1×1 convolution. */
class FPNBlock extends Module {
  readonly skip_conv: Conv2d;
  readonly #interpolation: Interpolation;

  constructor(pyramid: number, skip: number, interpolation: Interpolation, generator: Generator | undefined) {
    super();
    this.skip_conv = new Conv2d(skip, pyramid, { kernelSize: 1, ...(generator && { generator }) });
    this.#interpolation = interpolation;
  }

  forward(x: tf.Tensor, skip: tf.Tensor): tf.Tensor {
    return scope(() =>
      tf.add(functional.interpolate(x, { scaleFactor: 2, mode: this.#interpolation }), this.skip_conv.forward(skip)),
    );
  }
}

export class FPNDecoder extends Module implements Decoder {
  readonly p5: Conv2d;
  readonly p4: FPNBlock;
  readonly p3: FPNBlock;
  readonly p2: FPNBlock;
  readonly seg_blocks: ModuleList<SegmentationBlock>;
  readonly dropout: Dropout2d;
  readonly outChannels: number;
  readonly outputStride: number;
  readonly #merge: 'add' | 'cat';

  constructor(facts: EncoderFacts, options: FPNDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { pyramidChannels, segmentationChannels, mergePolicy, dropout, interpolation, generator } = options;
    const [c5, c4, c3, c2] = [...facts.outChannels].reverse() as [number, number, number, number];
    this.#merge = mergePolicy;
    this.outChannels = mergePolicy === 'add' ? segmentationChannels : 4 * segmentationChannels;
    this.outputStride = facts.strides.at(-4)!;
    this.p5 = new Conv2d(c5, pyramidChannels, { kernelSize: 1, ...(generator && { generator }) });
    this.p4 = new FPNBlock(pyramidChannels, c4, interpolation, generator);
    this.p3 = new FPNBlock(pyramidChannels, c3, interpolation, generator);
    this.p2 = new FPNBlock(pyramidChannels, c2, interpolation, generator);
    this.seg_blocks = new ModuleList(
      [3, 2, 1, 0].map((ups) => new SegmentationBlock(pyramidChannels, segmentationChannels, ups, generator)),
    );
    this.dropout = new Dropout2d(dropout, generator && { generator });
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const [c2, c3, c4, c5] = features.slice(-4) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const p5 = this.p5.forward(c5);
      const p4 = this.p4.forward(p5, c4);
      const p3 = this.p3.forward(p4, c3);
      const p2 = this.p2.forward(p3, c2);
      const levels = [p5, p4, p3, p2].map((level, i) => this.seg_blocks.at(i).forward(level));
      return this.dropout.forward(this.#merge === 'add' ? tf.addN(levels) : tf.concat(levels, 3));
    });
  }
}

/** FPN among the decoders. */
export const fpnFamily: DecoderFamily<FPNDecoderOptions> = {
  referenceClass: 'FPN',
  referenceArguments: {
    decoder_pyramid_channels: 'pyramidChannels',
    decoder_segmentation_channels: 'segmentationChannels',
    decoder_merge_policy: 'mergePolicy',
    decoder_dropout: 'dropout',
    decoder_interpolation: 'interpolation',
  },
  anySize: false,
  headKernel: 1,
  initialise: true,
  upsampling: (facts) => facts.strides.at(-4)!,
  referenceUpsampling: 4,
  resolve(facts, given) {
    checkDepth(facts, 3, 'an FPN');
    const options = withDefaults<FPNDecoderOptions>(
      { pyramidChannels: 256, segmentationChannels: 128, mergePolicy: 'add', dropout: 0.2, interpolation: 'nearest' },
      given,
    );
    check(
      options.segmentationChannels % 32 === 0,
      `an FPN's segmentation channels must be a multiple of 32, got ${options.segmentationChannels}`,
    );
    check(
      options.mergePolicy === 'add' || options.mergePolicy === 'cat',
      `merge policy must be 'add' or 'cat', got ${JSON.stringify(options.mergePolicy)}`,
    );
    return options;
  },
  build: (facts, options, _classes, generator) => new FPNDecoder(facts, { ...options, generator }),
};
