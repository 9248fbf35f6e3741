import { Conv1d, GELU, GroupNorm, Module, scope, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';

export interface ConvBlockOptions {
  /** How much shorter the result is: 1 (default) or 2. */
  readonly stride?: 1 | 2;
  readonly generator: Generator;
}

/** A convolution, group norm, GELU. [N, L, in] to [N, L / stride, out]. */
export class ConvBlock extends Module {
  readonly conv: Conv1d;
  readonly norm: GroupNorm;
  readonly activation = new GELU();

  constructor(inChannels: number, outChannels: number, { stride = 1, generator }: ConvBlockOptions) {
    super();
    const shape = stride === 1 ? { kernelSize: 3, padding: 1 } : { kernelSize: 4, padding: 1 };
    this.conv = new Conv1d(inChannels, outChannels, { ...shape, stride, generator });
    this.norm = new GroupNorm(1, outChannels);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.activation.forward(this.norm.forward(this.conv.forward(x))));
  }
}
