import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { LogSoftmaxGrad } from '../../kernels/softmax-grad/spec.js';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';

/**
 * exp(x) over its sum along `dim` (default the last axis). A row of -inf alone gives NaN, as in torch.
 *
 * @throws InvalidArgumentError for an axis that x does not have.
 */
export function softmax(x: tf.Tensor, dim = -1): tf.Tensor {
  return alongLast(x, dim, (rows) => tf.softmax(rows));
}

/** softmax(-x). */
export function softmin(x: tf.Tensor, dim = -1): tf.Tensor {
  return scope(() => softmax(tf.neg(x), dim));
}

/** log(softmax(x)) along `dim` (default the last axis), without cancellation. */
export function logSoftmax(x: tf.Tensor, dim = -1): tf.Tensor {
  return alongLast(x, dim, (rows) =>
    customOp(
      [rows],
      (rows) => {
        const value = logSoftmaxOfRows(rows!);
        return { value, saved: [value] };
      },
      (dy, [rows], saved) => {
        const y = saved?.[0] ?? logSoftmax(rows!);
        return LogSoftmaxGrad.run({ dy, y }, {})[0]!;
      },
    ),
  );
}

/** By the backend's kernel, which TFJS's own operation does not know of; that one's gradient cannot be differentiated. */
function logSoftmaxOfRows(rows: tf.Tensor): tf.Tensor {
  if (rows.dtype !== 'float32' || tf.getKernel(tf.LogSoftmax, tf.getBackend()) == null) return tf.logSoftmax(rows);
  return tf.engine().runKernel(tf.LogSoftmax, { logits: rows }, { axis: -1 }) as tf.Tensor;
}

/**
 * log(sum(exp(x))) over `dims` (default the last axis); -inf where all are, inf where one is, as in torch.
 *
 * @throws InvalidArgumentError for an axis that x does not have.
 */
export function logsumexp(
  x: tf.Tensor,
  dims: number | readonly number[] = -1,
  options: { keepDim?: boolean } = {},
): tf.Tensor {
  const axes = (typeof dims === 'number' ? [dims] : dims).map((dim) => normalizeAxis(dim, x));
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return scope(() => {
    const y = customOp(
      [x],
      (x) => {
        const largest = tf.max(x!, axes, true);
        const offset = tf.where(tf.isFinite(largest), largest, tf.zerosLike(largest));
        const value = tf.add(tf.log(tf.sum(tf.exp(tf.sub(x!, offset)), axes, true)), offset);
        return { value, saved: [value] };
      },
      (dy, [x], saved) => tf.mul(dy, tf.exp(tf.sub(x!, saved?.[0] ?? logsumexp(x!, axes, { keepDim: true })))),
    );
    return tf.reshape(y, options.keepDim ? kept : x.shape.filter((_, axis) => !axes.includes(axis)));
  });
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
