import { Conv1d, ConvTranspose1d, GELU, Module, ModuleList, scope, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';

export interface DecoderOptions {
  /** Channels of what comes in: what the bottleneck gives. */
  readonly inChannels: number;
  /** Of the encoder: how much longer the result is. */
  readonly stride: number;
  /** Channels inside. */
  readonly width: number;
  /** Channels of the sequences. */
  readonly channels: number;
  readonly generator: Generator;
}

/** Transposed convolutions, built from the facts of encoder and bottleneck. [N, L, inChannels] to [N, L * stride, channels]. */
export class SequenceDecoder extends Module {
  readonly stem: Conv1d;
  readonly blocks: ModuleList<ConvTranspose1d>;
  readonly head: Conv1d;
  readonly activation = new GELU();

  constructor({ inChannels, stride, width, channels, generator }: DecoderOptions) {
    super();
    const doubling = { kernelSize: 4, stride: 2, padding: 1, generator };
    this.stem = new Conv1d(inChannels, width, { kernelSize: 1, generator });
    this.blocks = new ModuleList(
      Array.from({ length: Math.log2(stride) }, () => new ConvTranspose1d(width, width, doubling)),
    );
    this.head = new Conv1d(width, channels, { kernelSize: 3, padding: 1, generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const grow = (y: tf.Tensor, block: ConvTranspose1d): tf.Tensor => this.activation.forward(block.forward(y));
      return this.head.forward(Array.from(this.blocks).reduce(grow, this.stem.forward(x)));
    });
  }
}
