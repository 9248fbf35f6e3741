/**
 * MA-Net: Fan et al. 2020, A Multi-Scale Attention Network for Liver and Tumor Segmentation (IEEE Access 8,
 * doi 10.1109/ACCESS.2020.3025372). Names and arguments of `MAnet` in segmentation_models.pytorch (MIT); written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, functional, Module, ModuleList, scope, Sequential, type Generator } from '@hourglass/core';
import { ChannelGate } from '../../layers/attention.js';
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

export interface MANetDecoderOptions {
  /** Channels of each block, deepest first. */
  readonly channels: readonly number[];
  readonly norm: NormSpec;
  /** Channels in which positions are compared. */
  readonly pabChannels: number;
  /** How much narrower the gates are than what they gate. */
  readonly reduction: number;
  readonly interpolation: Interpolation;
}

/** Position-wise attention: every position attends to all, with one softmax over all pairs. */
class PABBlock extends Module {
  readonly top_conv: Conv2d;
  readonly center_conv: Conv2d;
  readonly bottom_conv: Conv2d;
  readonly out_conv: Conv2d;

  constructor(inChannels: number, pabChannels: number, generator: Generator | undefined) {
    super();
    const shared = generator && { generator };
    this.top_conv = new Conv2d(inChannels, pabChannels, { kernelSize: 1, ...shared });
    this.center_conv = new Conv2d(inChannels, pabChannels, { kernelSize: 1, ...shared });
    this.bottom_conv = new Conv2d(inChannels, inChannels, { kernelSize: 3, padding: 1, ...shared });
    this.out_conv = new Conv2d(inChannels, inChannels, { kernelSize: 3, padding: 1, ...shared });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [batch, height, width, channels] = x.shape as [number, number, number, number];
      const positions = height * width;
      const rows = (conv: Conv2d): tf.Tensor => tf.reshape(conv.forward(x), [batch, positions, -1]);
      const scores = tf.matMul(rows(this.center_conv), rows(this.top_conv), false, true);
      const map = tf.softmax(tf.reshape(scores, [batch, positions * positions]));
      const mixed = tf.matMul(tf.reshape(map, [batch, positions, positions]), rows(this.bottom_conv));
      // The reference reads [positions, channels] as [channels, height, width] without transposing; its checkpoints rely on it.
      const placed = tf.transpose(tf.reshape(mixed, [batch, channels, height, width]), [0, 2, 3, 1]);
      return this.out_conv.forward(tf.add(x, placed));
    });
  }
}

interface BlockOptions {
  readonly skip: number;
  readonly out: number;
  readonly norm: NormSpec;
  readonly reduction: number;
  readonly interpolation: Interpolation;
  readonly generator: Generator | undefined;
}

interface Block extends Module {
  forward(x: tf.Tensor, size: [number, number], skip?: tf.Tensor): tf.Tensor;
}

/** Multi-scale fusion attention: the map from below is gated by channel, from itself and from the skip connection. */
class MFABBlock extends Module implements Block {
  readonly hl_conv: Sequential;
  readonly SE_ll: ChannelGate;
  readonly SE_hl: ChannelGate;
  readonly conv1: Conv2dReLU;
  readonly conv2: Conv2dReLU;
  readonly #interpolation: Interpolation;

  constructor(inChannels: number, { skip, out, norm, reduction, interpolation, generator }: BlockOptions) {
    super();
    const wide = { kernelSize: 3, padding: 1, norm, generator };
    const reduced = Math.max(1, Math.floor(skip / reduction));
    this.hl_conv = new Sequential(
      new Conv2dReLU(inChannels, inChannels, wide),
      new Conv2dReLU(inChannels, skip, { kernelSize: 1, norm, generator }),
    );
    this.SE_ll = new ChannelGate(skip, reduced, generator);
    this.SE_hl = new ChannelGate(skip, reduced, generator);
    this.conv1 = new Conv2dReLU(2 * skip, out, wide);
    this.conv2 = new Conv2dReLU(out, out, wide);
    this.#interpolation = interpolation;
  }

  forward(x: tf.Tensor, size: [number, number], skip: tf.Tensor): tf.Tensor {
    return scope(() => {
      const high = functional.interpolate(this.hl_conv.forward(x), { size, mode: this.#interpolation });
      const gate = tf.add(this.SE_hl.forward(high), this.SE_ll.forward(skip));
      const joined = tf.concat([tf.mul(high, gate), skip], 3);
      return this.conv2.forward(this.conv1.forward(joined));
    });
  }
}

/** Without a skip connection: two convolutions on the enlarged map. */
class PlainBlock extends Module implements Block {
  readonly conv1: Conv2dReLU;
  readonly conv2: Conv2dReLU;
  readonly #interpolation: Interpolation;

  constructor(inChannels: number, { out, norm, interpolation, generator }: BlockOptions) {
    super();
    const conv = { kernelSize: 3, padding: 1, norm, generator };
    this.conv1 = new Conv2dReLU(inChannels, out, conv);
    this.conv2 = new Conv2dReLU(out, out, conv);
    this.#interpolation = interpolation;
  }

  forward(x: tf.Tensor, size: [number, number]): tf.Tensor {
    return scope(() => {
      const y = functional.interpolate(x, { size, mode: this.#interpolation });
      return this.conv2.forward(this.conv1.forward(y));
    });
  }
}

export class MANetDecoder extends Module implements Decoder {
  readonly center: PABBlock;
  readonly blocks: ModuleList<Block>;
  readonly outChannels: number;
  readonly outputStride = 1;
  readonly #facts: EncoderFacts;

  constructor(facts: EncoderFacts, options: MANetDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, pabChannels, generator, ...rest } = options;
    const [head, ...skips] = [...skipChannels(facts)].reverse() as [number, ...number[]];
    this.#facts = factsOf(facts);
    this.outChannels = channels.at(-1)!;
    this.center = new PABBlock(head, pabChannels, generator);
    this.blocks = new ModuleList<Block>(
      channels.map((out, i) => {
        const skip = skips[i] ?? 0;
        const Kind = skip > 0 ? MFABBlock : PlainBlock;
        return new Kind(i === 0 ? head : channels[i - 1]!, { ...rest, skip, out, generator }) as Block;
      }),
    );
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const sizes = features.map(sizeOf).reverse();
      const [head, ...skips] = [...skipFeatures(this.#facts, features)].reverse();
      return [...this.blocks].reduce(
        (x, block, i) => block.forward(x, sizes[i + 1]!, skips[i]),
        this.center.forward(head!),
      );
    });
  }
}

/** MA-Net among the decoders. */
export const manetFamily: DecoderFamily<MANetDecoderOptions> = {
  referenceClass: 'MAnet',
  referenceArguments: {
    decoder_channels: 'channels',
    decoder_use_norm: 'norm',
    decoder_use_batchnorm: 'norm',
    decoder_pab_channels: 'pabChannels',
    decoder_interpolation: 'interpolation',
  },
  anySize: true,
  headKernel: 3,
  initialise: true,
  upsampling: () => 1,
  resolve(facts, given) {
    const options = withDefaults<MANetDecoderOptions>(
      { channels: defaultChannels(facts), norm: true, pabChannels: 64, reduction: 16, interpolation: 'nearest' },
      given,
    );
    checkChannels(facts, options.channels, 'an MA-Net');
    return options;
  },
  build: (facts, options, _classes, generator) => new MANetDecoder(facts, { ...options, generator }),
};
