import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { variableGradients } from './backward.js';

/**
 * tf.grad(fn)(x, dy), also from inside a backward pass, where TFJS's would lose the tape that is being gone through. The gradient of a
 * composition, for references of kernels.
 */
export function gradientInside(fn: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return tf.grad(fn)(x, dy);
  } finally {
    state.activeTape = tape;
  }
}

/**
 * Value and gradient of a function at x, both as constants, from amid another function whose gradients are being recorded: of losses
 * whose gradients are looked at before they are used. Parameters that `fn` uses get no gradient from it.
 *
 * @param fn gives a scalar that depends on x
 * @throws InvalidArgumentError when it is no scalar, or does not depend on x
 */
export function gradientAside(
  fn: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
): { readonly value: tf.Tensor; readonly gradient: tf.Tensor } {
  const { state } = tf.engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, { gradientDepth: 0, kernelDepth: 0 });
  try {
    const { value, gradients } = variableGradients(() => {
      const scalar = fn(x);
      check(
        scalar.rank === 0,
        () => `gradients need a scalar, the function returned shape [${scalar.shape.join(', ')}]`,
      );
      return scalar as tf.Scalar;
    }, [x as tf.Variable]);
    return { value, gradient: gradients[0]! };
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}
