import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';

export interface Standardised {
  /** Mean 0, and deviation 1 but for what `eps` takes. */
  readonly x: tf.Tensor;
  /** The mean of each example, with axes of size 1. */
  readonly mean: tf.Tensor;
  /** Its deviation, unbiased. */
  readonly std: tf.Tensor;
}

/** Subtracts the mean of each example of x [N, …] over all its values, and divides by their deviation plus eps. */
export function standardise(x: tf.Tensor, eps = 1e-5): Standardised {
  const axes = x.shape.map((_, axis) => axis).slice(1);
  const count = x.size / x.shape[0]!;
  return scope(() => {
    const mean = tf.mean(x, axes, true);
    const centred = tf.sub(x, mean);
    const std = tf.sqrt(tf.div(tf.sum(tf.square(centred), axes, true), Math.max(count - 1, 1)));
    return { x: tf.div(centred, tf.add(std, eps)), mean, std };
  });
}
