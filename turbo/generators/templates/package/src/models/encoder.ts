import { Conv1d, Module, ModuleList, scope, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { ConvBlock } from '../layers/conv-block.js';

/** What decoders and bottlenecks may know of an encoder. */
export interface EncoderFacts {
  /** Channels of the result. */
  readonly outChannels: number;
  /** Steps of the input for one of the result. */
  readonly stride: number;
}

export interface EncoderOptions {
  /** Channels of the sequences. */
  readonly channels: number;
  /** Channels inside. */
  readonly width: number;
  /** Each halves the length. */
  readonly levels: number;
  /** Channels of the result: what the bottleneck takes. */
  readonly outChannels: number;
  readonly generator: Generator;
}

/** Strided convolutions. [N, L, channels] to [N, L / stride, outChannels]; stride divides L. */
export class SequenceEncoder extends Module implements EncoderFacts {
  readonly blocks: ModuleList<ConvBlock>;
  readonly head: Conv1d;
  readonly outChannels: number;
  readonly stride: number;

  constructor({ channels, width, levels, outChannels, generator }: EncoderOptions) {
    super();
    this.outChannels = outChannels;
    this.stride = 2 ** levels;
    const first = new ConvBlock(channels, width, { generator });
    const halving = Array.from({ length: levels }, () => new ConvBlock(width, width, { stride: 2, generator }));
    this.blocks = new ModuleList([first, ...halving]);
    this.head = new Conv1d(width, outChannels, { kernelSize: 1, generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.head.forward(Array.from(this.blocks).reduce((y, block) => block.forward(y), x)));
  }
}
