import * as tf from '@tensorflow/tfjs-core';

/*
 * A recurrence over time is ONE operation on the gradient tape: the scans take what the input adds to the gates at every
 * step, computed in one product beforehand, and have their own backward pass. That one leaves a single product for
 * each step too; weight gradients are products over all steps at once.
 */

/** [T, B, n] to T tensors [B, n]. */
export function steps(x: tf.Tensor): tf.Tensor2D[] {
  return tf.unstack(x) as tf.Tensor2D[];
}

/** What the recurrent weights see: the first state, then all but the last one. first [B, n], states [T, B, n]. */
export function previous(first: tf.Tensor, states: tf.Tensor): tf.Tensor {
  const [length, batch, size] = states.shape as [number, number, number];
  const start = tf.reshape(first, [1, batch, size]);
  return length === 1 ? start : tf.concat([start, tf.slice(states, [0, 0, 0], [length - 1, batch, size])], 0);
}

/** Gradient of a weight that multiplied `x` [T, B, n] and got back `dy` [T, B, m]: [n, m]. */
export function weightGradient(x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const rows = x.shape[0]! * x.shape[1]!;
  const flat = tf.reshape(x, [rows, x.shape[2]!]);
  return tf.matMul(tf.transpose(flat), tf.reshape(dy, [rows, dy.shape[2]!]));
}

export function product(a: tf.Tensor, b: tf.Tensor): tf.Tensor2D {
  return tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);
}
