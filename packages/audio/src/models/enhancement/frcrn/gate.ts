import * as tf from '@tensorflow/tfjs-core';
import { Linear, Module, ReLU, scope, Sequential, Sigmoid, type Generator } from '@hourglass/core';
import { complexly, eachPart, type Complex } from './complex.js';

/** Complex squeeze and excitation: scales each channel by what its mean and those of the others say (Hu et al. 2017, arXiv:1709.01507). */
export class ChannelGate extends Module {
  readonly fc_r: Sequential;
  readonly fc_i: Sequential;

  /** @param causal means over the frames so far, not over all */
  constructor(
    channels: number,
    reduction: number,
    readonly causal: boolean,
    generator?: Generator,
  ) {
    super();
    const hidden = Math.floor(channels / reduction);
    const network = (): Sequential =>
      new Sequential(
        new Linear(channels, hidden, { generator }),
        new ReLU(),
        new Linear(hidden, channels, { generator }),
        new Sigmoid(),
      );
    this.fc_r = network();
    this.fc_i = network();
  }

  /** Two of [N, frequencies, frames, channels]; real and imaginary parts have factors of their own. */
  forward(z: Complex): Complex {
    return scope(() => {
      const means = eachPart((x) => this.#mean(x), z);
      const [re, im] = complexly(
        (x) => this.fc_r.forward(x),
        (x) => this.fc_i.forward(x),
        means,
      );
      return [tf.mul(z[0], re), tf.mul(z[1], im)] as Complex;
    });
  }

  /** [N, 1, 1, channels], or for each frame [N, 1, frames, channels]. */
  #mean(x: tf.Tensor): tf.Tensor {
    if (!this.causal) return tf.mean(x, [1, 2], true);
    const counts = tf.range(1, x.shape[2]! + 1);
    return tf.div(tf.cumsum(tf.mean(x, 1, true), 2), tf.reshape(counts, [1, 1, -1, 1]));
  }
}
