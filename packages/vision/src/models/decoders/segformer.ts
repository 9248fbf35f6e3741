/**
 * SegFormer's decoder: Xie et al. 2021, SegFormer: Simple and Efficient Design for Semantic Segmentation with Transformers (arXiv
 * 2105.15203). Names and arguments of `Segformer` in segmentation_models.pytorch (MIT); written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import { functional, Linear, Module, ModuleList, scope, type Generator } from '@hourglass/core';
import { Conv2dReLU } from '../../layers/conv2d-relu.js';
import { factsOf, skipChannels, skipFeatures, type EncoderFacts } from '../encoders/encoder.js';
import { checkDepth, sizeOf, withDefaults, type Decoder, type DecoderFamily } from './decoder.js';

export interface SegFormerDecoderOptions {
  readonly channels: number;
}

/** One linear layer on the channels of each position. */
class MLP extends Module {
  readonly linear: Linear;

  constructor(inChannels: number, outChannels: number, generator: Generator | undefined) {
    super();
    this.linear = new Linear(inChannels, outChannels, generator && { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.linear.forward(x);
  }
}

/** Every feature map through a linear layer, resized to a quarter of the input, concatenated and fused. */
export class SegFormerDecoder extends Module implements Decoder {
  readonly mlp_stage: ModuleList<MLP>;
  readonly fuse_stage: Conv2dReLU;
  readonly outChannels: number;
  readonly outputStride = 4;
  readonly #facts: EncoderFacts;

  constructor(facts: EncoderFacts, options: SegFormerDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, generator } = options;
    const maps = [...skipChannels(facts)].reverse();
    this.#facts = factsOf(facts);
    this.mlp_stage = new ModuleList(maps.map((width) => new MLP(width, channels, generator)));
    this.fuse_stage = new Conv2dReLU(maps.length * channels, channels, { kernelSize: 1, generator });
    this.outChannels = channels;
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const size = sizeOf(features[0]!).map((d) => Math.floor(d / this.outputStride)) as [number, number];
      const maps = [...skipFeatures(this.#facts, features)].reverse();
      const resized = maps.map((map, i) =>
        functional.interpolate(this.mlp_stage.at(i).forward(map), { size, mode: 'bilinear', alignCorners: false }),
      );
      return this.fuse_stage.forward(tf.concat(resized, 3));
    });
  }
}

/** SegFormer's decoder among the decoders. */
export const segformerFamily: DecoderFamily<SegFormerDecoderOptions> = {
  referenceClass: 'Segformer',
  referenceArguments: { decoder_segmentation_channels: 'channels' },
  anySize: false,
  headKernel: 1,
  initialise: true,
  upsampling: () => 4,
  resolve(facts, given) {
    checkDepth(facts, 3, "SegFormer's decoder");
    return withDefaults<SegFormerDecoderOptions>({ channels: 256 }, given);
  },
  build: (facts, options, _classes, generator) => new SegFormerDecoder(facts, { ...options, generator }),
};
