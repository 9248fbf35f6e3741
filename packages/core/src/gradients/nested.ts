import * as tf from '@tensorflow/tfjs-core';

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
