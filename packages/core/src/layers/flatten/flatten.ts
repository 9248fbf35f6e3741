import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { Module, type UnaryModule } from '../../module/index.js';

/**
 * [batch, …spatial, channels] to [batch, features], in the order that torch's Flatten gives [batch, channels, …spatial], so that a
 * Linear layer behind it can take its weights from a checkpoint. [batch, features] stays as it is.
 */
export class Flatten extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    check(x.rank >= 2, () => `Flatten takes [batch, …spatial, channels], got [${x.shape.join(', ')}]`);
    const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
    if (x.rank === 2) return tf.clone(x);
    return scope(() => {
      const rows = tf.reshape(x, [batch, x.size / (batch * channels), channels]);
      return tf.reshape(tf.transpose(rows, [0, 2, 1]), [batch, x.size / batch]);
    });
  }
}

/** The inverse of {@link Flatten}: [batch, channels * …spatial] to [batch, …spatial, channels]. */
export class Unflatten extends Module implements UnaryModule {
  /** @param shape [channels, …spatial] as torch has it */
  constructor(readonly shape: readonly number[]) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    const [channels, ...spatial] = this.shape as [number, ...number[]];
    const size = this.shape.reduce((n, d) => n * d, 1);
    check(
      x.rank === 2 && x.shape[1] === size,
      () => `Unflatten to [${this.shape.join(', ')}] takes [batch, ${size}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const planes = tf.reshape(x, [x.shape[0]!, channels, size / channels]);
      return tf.reshape(tf.transpose(planes, [0, 2, 1]), [x.shape[0]!, ...spatial, channels]);
    });
  }
}
