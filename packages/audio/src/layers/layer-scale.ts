import * as tf from '@tensorflow/tfjs-core';
import { Module, Parameter, type UnaryModule } from '@hourglass/core';

/** A learnt factor a channel, small at first, behind a residual branch (Touvron et al. 2021, arXiv:2103.17239). */
export class LayerScale extends Module implements UnaryModule {
  /** [channels] */
  readonly scale: Parameter;

  constructor(channels: number, initial = 0) {
    super();
    this.scale = new Parameter(tf.fill([channels], initial));
  }

  /** x [..., channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return tf.mul(x, this.scale.value);
  }
}
