import { Linear, Module, scope, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';

/** Fewer numbers for each step, and back: what the decoder must do with. */
export class LinearBottleneck extends Module {
  readonly down: Linear;
  readonly up: Linear;

  constructor(channels: number, latent: number, generator: Generator) {
    super();
    this.down = new Linear(channels, latent, { generator });
    this.up = new Linear(latent, channels, { generator });
  }

  /** [N, L, channels] to codes [N, L, latent]. */
  encode(x: tf.Tensor): tf.Tensor {
    return scope(() => this.down.forward(x));
  }

  /** Codes [N, L, latent] to [N, L, channels]. */
  decode(codes: tf.Tensor): tf.Tensor {
    return scope(() => this.up.forward(codes));
  }
}
