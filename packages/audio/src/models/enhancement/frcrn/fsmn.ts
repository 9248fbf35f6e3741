/**
 * Feedforward sequential memory: a filter over the last steps of a sequence in the place of recurrence. "Feedforward Sequential Memory
 * Networks", Zhang et al. 2015, arXiv:1512.08301; with skip connections as in Deep-FSMN, Zhang et al. 2018, arXiv:1803.05030.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, functional, Linear, Module, scope, type Generator } from '@hourglass/core';
import { complexly, type Complex } from './complex.js';

/** Memory along the first spatial axis: of frequencies in [N, frequencies, frames, channels], of time in [N, frames, 1, channels]. */
export class UniDeepFsmn extends Module {
  readonly linear: Linear;
  readonly project: Linear;
  readonly conv1: Conv2d;

  /** @param order steps that the memory reaches over, this one included */
  constructor(width: number, hidden: number, order: number, generator?: Generator) {
    super();
    this.linear = new Linear(width, hidden, { generator });
    this.project = new Linear(hidden, width, { bias: false, generator });
    this.conv1 = new Conv2d(width, width, {
      kernelSize: [order, 1],
      padding: [
        [order - 1, 0],
        [0, 0],
      ],
      groups: width,
      bias: false,
      generator,
    });
  }

  /** x [N, steps, others, width]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const p = this.project.forward(functional.relu(this.linear.forward(x)));
      return tf.add(x, tf.add(p, this.conv1.forward(p)));
    });
  }
}

/** A complex memory along the frequencies: the paper's frequency recurrence. */
export class FrequencyMemory extends Module {
  readonly fsmn_re_L1: UniDeepFsmn;
  readonly fsmn_im_L1: UniDeepFsmn;

  constructor(channels: number, order: number, generator?: Generator) {
    super();
    this.fsmn_re_L1 = new UniDeepFsmn(channels, channels, order, generator);
    this.fsmn_im_L1 = new UniDeepFsmn(channels, channels, order, generator);
  }

  /** Two of [N, frequencies, frames, channels]. */
  forward(z: Complex): Complex {
    return complexly(
      (x) => this.fsmn_re_L1.forward(x),
      (x) => this.fsmn_im_L1.forward(x),
      z,
    );
  }
}

/** Two complex memories along time, over all channels and frequencies at once. */
export class TemporalMemory extends Module {
  readonly fsmn_re_L1: UniDeepFsmn;
  readonly fsmn_im_L1: UniDeepFsmn;
  readonly fsmn_re_L2: UniDeepFsmn;
  readonly fsmn_im_L2: UniDeepFsmn;

  /** @param width channels times frequencies */
  constructor(width: number, order: number, generator?: Generator) {
    super();
    const memory = (): UniDeepFsmn => new UniDeepFsmn(width, width, order, generator);
    this.fsmn_re_L1 = memory();
    this.fsmn_im_L1 = memory();
    this.fsmn_re_L2 = memory();
    this.fsmn_im_L2 = memory();
  }

  /** Two of [N, frequencies, frames, channels]. */
  forward(z: Complex): Complex {
    return scope(() => {
      const [batch, frequencies, frames, channels] = z[0].shape as [number, number, number, number];
      const rows = z.map((x) =>
        tf.reshape(tf.transpose(x, [0, 2, 3, 1]), [batch, frames, 1, channels * frequencies]),
      ) as unknown as Complex;
      const first = complexly(
        (x) => this.fsmn_re_L1.forward(x),
        (x) => this.fsmn_im_L1.forward(x),
        rows,
      );
      const second = complexly(
        (x) => this.fsmn_re_L2.forward(x),
        (x) => this.fsmn_im_L2.forward(x),
        first,
      );
      return second.map((x) =>
        tf.transpose(tf.reshape(x, [batch, frames, channels, frequencies]), [0, 3, 1, 2]),
      ) as unknown as Complex;
    });
  }
}
