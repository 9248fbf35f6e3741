import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';

/**
 * exp(x) over its sum along `dim` (default the last axis). A row of -inf alone gives NaN, as in torch.
 *
 * @throws InvalidArgumentError for an axis that x does not have.
 */
export function softmax(x: tf.Tensor, dim = -1): tf.Tensor {
  return alongLast(x, dim, (rows) => tf.softmax(rows));
}

/** Moves axis `dim` last, applies `fn`, and moves it back. */
function alongLast(x: tf.Tensor, dim: number, fn: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const axis = normalizeAxis(dim, x);
  if (axis === x.rank - 1) return fn(x);
  return scope(() => {
    const swap = x.shape.map((_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
    return tf.transpose(fn(tf.transpose(x, swap)), swap);
  });
}

/** `dim` counted from the front. @throws InvalidArgumentError when x has no such axis. */
export function normalizeAxis(dim: number, x: tf.Tensor): number {
  check(
    Number.isInteger(dim) && dim >= -x.rank && dim < x.rank,
    () => `axis ${dim} does not exist in a tensor of shape [${x.shape.join(', ')}]`,
  );
  return dim < 0 ? dim + x.rank : dim;
}
