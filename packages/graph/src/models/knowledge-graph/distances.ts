import * as tf from '@tensorflow/tfjs-core';
import { functional, scope } from '@hourglass/core';

/** p-norms of the differences of all pairs of rows: [n, width] and [m, width] to [n, m]. */
export function distances(a: tf.Tensor, b: tf.Tensor, p: number): tf.Tensor {
  if (p === 2) {
    const squares = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(x), 1, true);
    const cross = tf.mul(tf.matMul(a, b, false, true), -2);
    return tf.sqrt(tf.relu(tf.add(tf.add(cross, squares(a)), tf.transpose(squares(b)))));
  }
  // a few rows at a time: all pairs of rows by width would be too much
  const [n, width] = a.shape as [number, number];
  const rows = Math.max(1, Math.floor(2 ** 24 / (b.size || 1)));
  const parts: tf.Tensor[] = [];
  for (let at = 0; at < n; at += rows) {
    const some = tf.slice(a, [at, 0], [Math.min(rows, n - at), width]);
    parts.push(
      scope(() => functional.vectorNorm(tf.sub(tf.expandDims(some, 1), tf.expandDims(b, 0)), { p, dims: -1 })),
    );
  }
  return parts.length === 0 ? tf.zeros([0, b.shape[0]!]) : tf.concat(parts);
}
