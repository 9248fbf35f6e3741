import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { customOp, withoutGradient } from '../../gradients/custom-op.js';

/** x as a constant of differentiation: no gradient flows back through the result. As `x.detach()` in PyTorch. */
export function stopGradient(x: tf.Tensor): tf.Tensor {
  return withoutGradient(() => tf.clone(x));
}

/**
 * The value of y with the gradient of x: the straight-through estimator (Bengio et al. 2013, arXiv:1308.3432). As
 * `x + (y - x).detach()` in PyTorch, without its rounding.
 *
 * @param x float32, to which the gradient goes unchanged
 * @param y float32 of x's shape, to which none goes
 * @throws InvalidArgumentError when the shapes differ
 */
export function straightThrough(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  check(
    tf.util.arraysEqual(x.shape, y.shape),
    () => `straightThrough: x and y must have one shape, got [${x.shape.join(', ')}] and [${y.shape.join(', ')}]`,
  );
  return customOp(
    [x],
    () => ({ value: tf.clone(y) }),
    (dy) => tf.clone(dy),
  );
}
