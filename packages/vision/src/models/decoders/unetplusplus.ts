/**
 * U-Net++: Zhou et al. 2018, UNet++: A Nested U-Net Architecture for Medical Image Segmentation (arXiv 1807.10165). Nodes are named
 * and built as in `UnetPlusPlus` of segmentation_models.pytorch (MIT): `x_{d}_{l}` is the node at skip level l whose path begins d
 * levels above the deepest map; the paper's X^{0,j} are the nodes of the finest level l. Deep supervision and pruning, which
 * the reference lacks, are from the paper. Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import { check, Module, ModuleDict, scope, type Generator } from '@hourglass/core';
import { factsOf, skipChannels, skipFeatures, type EncoderFacts } from '../encoders/encoder.js';
import {
  defaultChannels,
  sizeOf,
  withDefaults,
  type Decoder,
  type DecoderBranch,
  type DecoderFamily,
} from './decoder.js';
import { UNetBlock, type UNetDecoderOptions } from './unet.js';

export interface UNetPlusPlusDecoderOptions extends UNetDecoderOptions {
  /** Whether a last block enlarges the result from the finest feature map to the input's size. Default: where they differ. */
  readonly finalBlock: boolean;
}

/** Dense levels: one for each skip connection. */
function levelsOf(facts: EncoderFacts): number {
  return skipChannels(facts).length - 1;
}

export class UNetPlusPlusDecoder extends Module implements Decoder {
  readonly blocks = new ModuleDict<UNetBlock>();
  readonly outChannels: number;
  readonly outputStride: number;
  /** One for each sub-network L1, L2, …; the last is the whole decoder. */
  readonly branches: readonly DecoderBranch[];
  readonly #facts: EncoderFacts;
  readonly #finalBlock: boolean;

  constructor(facts: EncoderFacts, options: UNetPlusPlusDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, finalBlock, ...rest } = options;
    this.#facts = factsOf(facts);
    this.#finalBlock = finalBlock;
    const [head, ...skips] = [...skipChannels(facts)].reverse() as [number, ...number[]];
    const levels = levelsOf(facts);
    for (let level = 0; level < levels; level++) {
      const skip = skips[level]!;
      for (let d = 0; d <= level; d++) {
        const below = d === 0 ? (level === 0 ? head : channels[level - 1]!) : skips[level - 1]!;
        this.blocks.set(
          `x_${d}_${level}`,
          new UNetBlock({
            ...rest,
            inChannels: below,
            skipChannels: skip * (level + 1 - d),
            outChannels: d === 0 ? channels[level]! : skip,
          }),
        );
      }
    }
    if (finalBlock) {
      const ends = { inChannels: channels[levels - 1]!, skipChannels: 0, outChannels: channels[levels]! };
      this.blocks.set(`x_0_${levels}`, new UNetBlock({ ...rest, ...ends }));
    }
    const finest = facts.strides[facts.startsWithInput ? 1 : 0]!;
    this.outChannels = channels.at(-1)!;
    this.outputStride = finalBlock ? 1 : finest;
    this.branches = [
      ...Array.from({ length: levels - 1 }, () => ({ outChannels: skips[levels - 1]!, outputStride: finest })),
      { outChannels: this.outChannels, outputStride: this.outputStride },
    ];
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => this.branchOutputs(features).at(-1)!);
  }

  /** Results of the sub-networks L1, L2, …; see {@link branches}. */
  branchOutputs(features: readonly tf.Tensor[]): tf.Tensor[] {
    return scope(() => {
      const maps = [...skipFeatures(this.#facts, features)].reverse();
      const levels = maps.length - 1;
      // nodes of the level below, by d
      let below: tf.Tensor[] = [];
      for (let level = 0; level < levels; level++) {
        const skip = maps[level + 1]!;
        const nodes: tf.Tensor[] = [];
        for (let d = level; d >= 0; d--) {
          const dense = [...nodes.slice(d + 1, level + 1), skip];
          const block = this.blocks.get(`x_${d}_${level}`);
          nodes[d] = block.forward(
            d === level ? maps[level]! : below[d]!,
            sizeOf(skip),
            dense.length === 1 ? skip : tf.concat(dense, 3),
          );
        }
        below = nodes;
      }
      const outputs = below.reverse();
      if (this.#finalBlock) {
        const block = this.blocks.get(`x_0_${levels}`);
        outputs[levels - 1] = block.forward(outputs[levels - 1]!, sizeOf(features[0]!));
      }
      return outputs;
    });
  }
}

/** U-Net++ among the decoders. */
export const unetPlusPlusFamily: DecoderFamily<UNetPlusPlusDecoderOptions> = {
  referenceClass: 'UnetPlusPlus',
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
  upsampling: (facts, { finalBlock }) => (finalBlock || !facts.startsWithInput ? 1 : facts.strides[1]!),
  resolve(facts, given) {
    const options = withDefaults<UNetPlusPlusDecoderOptions>(
      {
        channels: defaultChannels(facts),
        norm: true,
        attention: null,
        interpolation: 'nearest',
        finalBlock: facts.startsWithInput,
      },
      given,
    );
    const levels = levelsOf(facts);
    check(levels >= 1, 'a U-Net++ needs an encoder with at least two feature maps beyond the input');
    const wanted = levels + (options.finalBlock ? 1 : 0);
    check(
      options.channels.length === wanted && options.channels.every((c) => Number.isInteger(c) && c > 0),
      () => `this U-Net++ needs ${wanted} decoder channels, got ${JSON.stringify(options.channels)}`,
    );
    return options;
  },
  build: (facts, options, _classes, generator) => new UNetPlusPlusDecoder(facts, { ...options, generator }),
};
