import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { constantOf } from '../axes/constant.js';

/** a · b / (|a| |b|) along axis `dim`; norms count as at least `eps`. Shapes broadcast. */
export function cosineSimilarity(a: tf.Tensor, b: tf.Tensor, options: { dim?: number; eps?: number } = {}): tf.Tensor {
  const { dim = 1, eps = 1e-8 } = options;
  return scope(() => {
    // the bound within the root, where its gradient is finite
    const norm = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.maximum(tf.sum(tf.square(x), dim), eps * eps));
    return tf.div(tf.sum(tf.mul(a, b), dim), tf.mul(norm(a), norm(b)));
  });
}

/** p-norm of a - b + eps along the last axis. */
export function pairwiseDistance(
  a: tf.Tensor,
  b: tf.Tensor,
  options: { p?: number; eps?: number; keepDim?: boolean } = {},
): tf.Tensor {
  const { p = 2, eps = 1e-6, keepDim = false } = options;
  return scope(() => {
    const distance = pNorm(tf.add(tf.sub(a, b), eps), p);
    return keepDim ? tf.expandDims(distance, -1) : distance;
  });
}

/**
 * Distance between every row of a and every row of b.
 *
 * @param a [..., n, width]
 * @param b [..., m, width]
 * @param options.p at least 0, also Infinity; default 2
 * @returns [..., n, m]
 */
export function cdist(a: tf.Tensor, b: tf.Tensor, options: { p?: number } = {}): tf.Tensor {
  check(
    a.rank >= 2 && b.rank >= 2 && a.shape.at(-1) === b.shape.at(-1),
    () => `cdist takes [..., n, width] and [..., m, width], got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
  );
  return scope(() => pNorm(tf.sub(tf.expandDims(a, -2), tf.expandDims(b, -3)), options.p ?? 2));
}

/** p-norm along the last axis; where it is 0 its gradient is 0. */
function pNorm(x: tf.Tensor, p: number): tf.Tensor {
  check(p >= 0, () => `the norm's p must be at least 0, got ${p}`);
  if (p === 0)
    return tf.sum(
      constantOf([x], (values) => tf.cast(tf.notEqual(values, 0), 'float32')),
      -1,
    );
  const size = tf.abs(x);
  if (p === 1) return tf.sum(size, -1);
  if (p === Infinity) return tf.max(size, -1);
  const sums = tf.sum(p === 2 ? tf.square(x) : tf.pow(away(size), p), -1);
  const zero = isZero(sums);
  const safe = tf.add(sums, zero);
  return tf.sub(p === 2 ? tf.sqrt(safe) : tf.pow(safe, 1 / p), zero);
}

/** Zeros as the smallest positive number, whose powers have finite gradients. */
function away(x: tf.Tensor): tf.Tensor {
  return tf.add(x, tf.mul(isZero(x), 1e-37));
}

function isZero(x: tf.Tensor): tf.Tensor {
  return constantOf([x], (values) => tf.cast(tf.equal(values, 0), 'float32'));
}
