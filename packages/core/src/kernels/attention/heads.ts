import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';

/**
 * a [..., H, L, K] times b [..., G, K, M] (or its transpose), where each of the G heads of b serves H / G heads of a:
 * those heads are stacked along L, so that b is not repeated.
 */
export function headProduct(a: tf.Tensor, b: tf.Tensor, grouped: boolean, transposeB = false): tf.Tensor {
  if (!grouped) return tf.matMul(a, b, false, transposeB);
  const [heads, groups] = headCounts(a, b);
  const rows = a.shape.at(-2)!;
  const batch = a.shape.slice(0, -3);
  const stacked = tf.reshape(a, [...batch, groups, (heads / groups) * rows, a.shape.at(-1)!]);
  const product = tf.matMul(stacked, b, false, transposeB);
  return tf.reshape(product, [...product.shape.slice(0, -3), heads, rows, product.shape.at(-1)!]);
}

/** aᵀ b of a [..., H, L, S] and b [..., H, L, E], summed over the heads that share one of `keyShape`: gradients of keys and values. */
export function keyGradient(a: tf.Tensor, b: tf.Tensor, grouped: boolean, keyShape: readonly number[]): tf.Tensor {
  if (!grouped) return tf.matMul(a, b, true, false);
  const groups = keyShape.at(-3)!;
  const stack = (x: tf.Tensor): tf.Tensor =>
    tf.reshape(x, [...x.shape.slice(0, -3), groups, (x.shape.at(-3)! / groups) * x.shape.at(-2)!, x.shape.at(-1)!]);
  return tf.matMul(stack(a), stack(b), true, false);
}

function headCounts(a: tf.Tensor, b: tf.Tensor): [heads: number, groups: number] {
  const [heads, groups] = [a.shape.at(-3), b.shape.at(-3)];
  check(
    heads !== undefined && groups !== undefined && Number.isInteger(heads / groups),
    () => `grouped attention: ${heads} query heads (axis -3) are not a multiple of ${groups} key heads`,
  );
  return [heads, groups];
}

/** Sums a broadcast gradient back to `shape`. */
export function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (tf.util.arraysEqual(x.shape, [...shape])) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis < lead || shape[axis - lead] === 1);
  return tf.reshape(tf.sum(x, axes), [...shape]);
}
