/**
 * Pyramid scene parsing: Zhao et al. 2017 (arXiv 1612.01105). Names and arguments of `PSPNet` in segmentation_models.pytorch (MIT);
 * written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  Dropout2d,
  functional,
  Module,
  ModuleList,
  scope,
  Sequential,
  type Generator,
} from '@hourglass/core';
import { Conv2dReLU } from '../../layers/conv2d-relu.js';
import type { NormSpec } from '../../layers/norm.js';
import type { EncoderFacts } from '../encoders/encoder.js';
import { sizeOf, withDefaults, type Decoder, type DecoderFamily } from './decoder.js';

export interface PSPDecoderOptions {
  readonly channels: number;
  readonly norm: NormSpec;
  readonly dropout: number;
}

const binSizes = [1, 2, 3, 6];

/** The mean over a grid of bins, through a 1×1 convolution, enlarged to the map's size. */
class PSPBlock extends Module {
  readonly pool: Sequential;

  constructor(inChannels: number, outChannels: number, bins: number, norm: NormSpec, generator: Generator | undefined) {
    super();
    this.pool = new Sequential(
      new AdaptiveAvgPool2d(bins),
      // a single value has no variance, so the coarsest bin goes without norm
      new Conv2dReLU(inChannels, outChannels, { kernelSize: 1, norm: bins === 1 ? false : norm, generator }),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() =>
      functional.interpolate(this.pool.forward(x), { size: sizeOf(x), mode: 'bilinear', alignCorners: true }),
    );
  }
}

/** The map beside its means over 1×1, 2×2, 3×3 and 6×6 bins: twice the channels, where four divides them. */
class PSPModule extends Module {
  readonly blocks: ModuleList<PSPBlock>;
  readonly outChannels: number;

  constructor(inChannels: number, norm: NormSpec, generator: Generator | undefined) {
    super();
    const outChannels = Math.max(1, Math.floor(inChannels / binSizes.length));
    this.outChannels = inChannels + binSizes.length * outChannels;
    this.blocks = new ModuleList(binSizes.map((bins) => new PSPBlock(inChannels, outChannels, bins, norm, generator)));
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.concat([...Array.from(this.blocks, (block) => block.forward(x)), x], 3));
  }
}

export class PSPDecoder extends Module implements Decoder {
  readonly psp: PSPModule;
  readonly conv: Conv2dReLU;
  readonly dropout: Dropout2d;
  readonly outChannels: number;
  readonly outputStride: number;

  constructor(facts: EncoderFacts, options: PSPDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, norm, dropout, generator } = options;
    const inChannels = facts.outChannels.at(-1)!;
    this.psp = new PSPModule(inChannels, norm, generator);
    this.conv = new Conv2dReLU(this.psp.outChannels, channels, { kernelSize: 1, norm, generator });
    this.dropout = new Dropout2d(dropout, generator && { generator });
    this.outChannels = channels;
    this.outputStride = facts.outputStride;
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => this.dropout.forward(this.conv.forward(this.psp.forward(features.at(-1)!))));
  }
}

/** PSPNet among the decoders. */
export const pspnetFamily: DecoderFamily<PSPDecoderOptions> = {
  referenceClass: 'PSPNet',
  referenceArguments: {
    psp_out_channels: 'channels',
    psp_dropout: 'dropout',
    decoder_use_norm: 'norm',
    psp_use_batchnorm: 'norm',
  },
  encoderDepth: 3,
  anySize: false,
  headKernel: 3,
  initialise: true,
  upsampling: (facts) => facts.outputStride,
  referenceUpsampling: 8,
  resolve: (_facts, given) => withDefaults<PSPDecoderOptions>({ channels: 512, norm: true, dropout: 0.2 }, given),
  build: (facts, options, _classes, generator) => new PSPDecoder(facts, { ...options, generator }),
};
