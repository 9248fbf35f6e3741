import { Module, ModuleList, scope, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { ConvBlock } from '../layers/conv-block.js';

/** What decoders and bottlenecks may know of an encoder. */
export interface EncoderFacts {
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
  readonly generator: Generator;
}

/** Strided convolutions. [N, L, channels] to [N, L / stride, width]; stride divides L. */
export class SequenceEncoder extends Module implements EncoderFacts {
  readonly blocks: ModuleList<ConvBlock>;
  readonly outChannels: number;
  readonly stride: number;

  constructor({ channels, width, levels, generator }: EncoderOptions) {
    super();
    this.outChannels = width;
    this.stride = 2 ** levels;
    const first = new ConvBlock(channels, width, { generator });
    const halving = Array.from({ length: levels }, () => new ConvBlock(width, width, { stride: 2, generator }));
    this.blocks = new ModuleList([first, ...halving]);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => Array.from(this.blocks).reduce((y, block) => block.forward(y), x));
  }
}
