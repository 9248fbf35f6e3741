import { Conv1d, ConvTranspose1d, GELU, Module, ModuleList, scope, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { EncoderFacts } from './encoder.js';

/** Transposed convolutions, built from the facts of an encoder. [N, L, width] to [N, L * stride, channels]. */
export class SequenceDecoder extends Module {
  readonly blocks: ModuleList<ConvTranspose1d>;
  readonly head: Conv1d;
  readonly activation = new GELU();

  constructor({ outChannels: width, stride }: EncoderFacts, channels: number, generator: Generator) {
    super();
    this.blocks = new ModuleList(
      Array.from(
        { length: Math.log2(stride) },
        () => new ConvTranspose1d(width, width, { kernelSize: 4, stride: 2, padding: 1, generator }),
      ),
    );
    this.head = new Conv1d(width, channels, { kernelSize: 3, padding: 1, generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() =>
      this.head.forward(Array.from(this.blocks).reduce((y, block) => this.activation.forward(block.forward(y)), x)),
    );
  }
}
