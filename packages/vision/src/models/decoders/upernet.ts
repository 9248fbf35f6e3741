/**
 * UPerNet: Xiao et al. 2018, Unified Perceptual Parsing for Scene Understanding (arXiv 1807.10221). Names and arguments of `UPerNet` in
 * segmentation_models.pytorch (MIT); written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  functional,
  LayerNorm,
  Module,
  ModuleList,
  scope,
  Sequential,
  type Generator,
} from '@hourglass/core';
import { Conv2dReLU } from '../../layers/conv2d-relu.js';
import type { NormSpec } from '../../layers/norm.js';
import type { EncoderFacts } from '../encoders/encoder.js';
import { checkDepth, sizeOf, withDefaults, type Decoder, type DecoderFamily } from './decoder.js';

export interface UPerNetDecoderOptions {
  readonly channels: number;
  readonly norm: NormSpec;
}

const binSizes = [1, 2, 3, 6];

function enlarge(x: tf.Tensor, size: [number, number]): tf.Tensor {
  return functional.interpolate(x, { size, mode: 'bilinear', alignCorners: false });
}

/** The deepest map beside its means over grids of bins, fused by a 3×3 convolution. */
class PSPModule extends Module {
  readonly blocks: ModuleList<Sequential>;
  readonly out_conv: Conv2dReLU;

  constructor(inChannels: number, outChannels: number, norm: NormSpec, generator: Generator | undefined) {
    super();
    this.blocks = new ModuleList(
      binSizes.map(
        (bins) =>
          new Sequential(
            new AdaptiveAvgPool2d(bins),
            new Conv2dReLU(inChannels, outChannels, { kernelSize: 1, norm, generator }),
          ),
      ),
    );
    const fused = inChannels + binSizes.length * outChannels;
    this.out_conv = new Conv2dReLU(fused, outChannels, { kernelSize: 3, padding: 1, generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const pooled = Array.from(this.blocks, (block) => enlarge(block.forward(x), sizeOf(x)));
      return this.out_conv.forward(tf.concat([x, ...pooled], 3));
    });
  }
}

/** The state from below, enlarged, plus this level's feature map through a 1×1 convolution. */
class LateralBlock extends Module {
  readonly conv_norm_relu: Conv2dReLU;

  constructor(inChannels: number, outChannels: number, norm: NormSpec, generator: Generator | undefined) {
    super();
    this.conv_norm_relu = new Conv2dReLU(inChannels, outChannels, { kernelSize: 1, norm, generator });
  }

  forward(state: tf.Tensor, lateral: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(enlarge(state, sizeOf(lateral)), this.conv_norm_relu.forward(lateral)));
  }
}

export class UPerNetDecoder extends Module implements Decoder {
  readonly feature_norms: ModuleList<LayerNorm>;
  readonly psp: PSPModule;
  readonly fpn_lateral_blocks: ModuleList<LateralBlock>;
  readonly fpn_conv_blocks: ModuleList<Conv2dReLU>;
  readonly fusion_block: Conv2dReLU;
  readonly outChannels: number;
  readonly outputStride: number;

  constructor(facts: EncoderFacts, options: UPerNetDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, norm, generator } = options;
    const maps = facts.outChannels.slice(2);
    const laterals = maps.slice(0, -1).reverse();
    const wide = { kernelSize: 3, padding: 1, norm, generator };
    this.feature_norms = new ModuleList(maps.map((width) => new LayerNorm([width], { eps: 1e-6 })));
    this.psp = new PSPModule(maps.at(-1)!, channels, norm, generator);
    this.fpn_lateral_blocks = new ModuleList(
      laterals.map((width) => new LateralBlock(width, channels, norm, generator)),
    );
    this.fpn_conv_blocks = new ModuleList(laterals.map(() => new Conv2dReLU(channels, channels, wide)));
    this.fusion_block = new Conv2dReLU((laterals.length + 1) * channels, channels, wide);
    this.outChannels = channels;
    this.outputStride = facts.strides[2]!;
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const maps = features.slice(2).map((map, i) => this.feature_norms.at(i).forward(map));
      const laterals = maps.slice(0, -1).reverse();
      const states = [this.psp.forward(maps.at(-1)!)];
      laterals.forEach((lateral, i) => states.push(this.fpn_lateral_blocks.at(i).forward(states[i]!, lateral)));
      const levels = states.map((state, i) => (i === 0 ? state : this.fpn_conv_blocks.at(i - 1).forward(state)));
      const finest = sizeOf(levels.at(-1)!);
      const resized = levels.map((level) => enlarge(level, finest)).reverse();
      return this.fusion_block.forward(tf.concat(resized, 3));
    });
  }
}

/** UPerNet among the decoders. */
export const upernetFamily: DecoderFamily<UPerNetDecoderOptions> = {
  referenceClass: 'UPerNet',
  referenceArguments: { decoder_channels: 'channels', decoder_use_norm: 'norm' },
  anySize: false,
  headKernel: 1,
  initialise: true,
  upsampling: () => 4,
  resolve(facts, given) {
    checkDepth(facts, 3, 'a UPerNet');
    return withDefaults<UPerNetDecoderOptions>({ channels: 256, norm: true }, given);
  },
  build: (facts, options, _classes, generator) => new UPerNetDecoder(facts, { ...options, generator }),
};
