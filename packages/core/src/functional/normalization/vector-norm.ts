import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { normalizeAxis } from '../activations/softmax.js';
import { customOp } from '../../gradients/custom-op.js';

/**
 * The p-norm of x over `dims` (default all axes): p = 0 counts, p = Infinity and -Infinity are the largest and smallest
 * magnitude. The gradient at 0 is 0, as in torch.
 */
export function vectorNorm(
  x: tf.Tensor,
  options: { p?: number; dims?: number | readonly number[]; keepDim?: boolean } = {},
): tf.Tensor {
  const { p = 2, dims, keepDim = false } = options;
  const axes = (dims === undefined ? x.shape.map((_, axis) => axis) : typeof dims === 'number' ? [dims] : dims).map(
    (dim) => normalizeAxis(dim, x),
  );
  return scope(() => {
    const y = customOp(
      [x],
      (x) => ({ value: norm(x!, p, axes) }),
      (dy, [x]) => {
        if (p === 0) return tf.zerosLike(x!);
        const sign = tf.mul(dy, tf.sign(x!));
        if (p === 1) return sign;
        const y = norm(x!, p, axes);
        if (!Number.isFinite(p)) {
          const attains = tf.cast(tf.equal(tf.abs(x!), y), 'float32');
          return tf.mul(sign, tf.div(attains, tf.sum(attains, axes, true)));
        }
        const ratio = tf.divNoNan(tf.abs(x!), y);
        return tf.mul(sign, p === 2 ? ratio : tf.pow(ratio, p - 1));
      },
    );
    return keepDim ? y : tf.squeeze(y, axes);
  });
}

/** The norm with the reduced axes kept as 1. */
function norm(x: tf.Tensor, p: number, axes: number[]): tf.Tensor {
  if (p === 2) return tf.sqrt(tf.sum(tf.square(x), axes, true));
  const magnitude = tf.abs(x);
  if (p === Infinity) return tf.max(magnitude, axes, true);
  if (p === -Infinity) return tf.min(magnitude, axes, true);
  if (p === 0) return tf.sum(tf.step(magnitude), axes, true);
  if (p === 1) return tf.sum(magnitude, axes, true);
  return tf.pow(tf.sum(tf.pow(magnitude, p), axes, true), 1 / p);
}

/** x divided by its p-norm along `dim`, or by eps where that is larger: torch.nn.functional.normalize. */
export function normalize(x: tf.Tensor, options: { p?: number; dim?: number; eps?: number } = {}): tf.Tensor {
  const { p = 2, dim = -1, eps = 1e-12 } = options;
  return scope(() => tf.div(x, tf.maximum(vectorNorm(x, { p, dims: dim, keepDim: true }), eps)));
}
