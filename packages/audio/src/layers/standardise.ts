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
  const count = x.size / x.shape[0]!;
  return scope(() => {
    const mean = tf.div(sumOfExamples(x), count);
    const centred = tf.sub(x, mean);
    const std = tf.sqrt(tf.div(sumOfExamples(tf.square(centred)), Math.max(count - 1, 1)));
    return { x: tf.div(centred, tf.add(std, eps)), mean, std };
  });
}

/** In two levels: a plain sum of the many values of a sound loses digits where a backend adds them up one by one. */
function sumOfExamples(x: tf.Tensor): tf.Tensor {
  const batch = x.shape[0]!;
  const count = x.size / batch;
  const rows = Math.ceil(Math.sqrt(count));
  const columns = Math.ceil(count / rows);
  const flat = tf.pad(tf.reshape(x, [batch, count]), [
    [0, 0],
    [0, rows * columns - count],
  ]);
  const sums = tf.sum(tf.sum(tf.reshape(flat, [batch, rows, columns]), 2), 1);
  return tf.reshape(
    sums,
    x.shape.map((size, axis) => (axis === 0 ? size : 1)),
  );
}
