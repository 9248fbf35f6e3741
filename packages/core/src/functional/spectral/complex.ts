import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';

/*
 * Complex numbers are real tensors with a last axis (re, im): they train on every backend, which TFJS's complex tensors
 * do not.
 */

/** [...] and [...] to [..., 2]; without `imaginary` that part is 0. */
export function complex(real: tf.Tensor, imaginary?: tf.Tensor): tf.Tensor {
  return scope(() => tf.stack([real, imaginary ?? tf.zerosLike(real)], -1));
}

/** Real and imaginary part of x [..., 2], each [...]. */
export function complexParts(x: tf.Tensor): [real: tf.Tensor, imaginary: tf.Tensor] {
  checkComplex('complexParts', x);
  return tf.unstack(x, -1) as [tf.Tensor, tf.Tensor];
}

/** Product of two complex tensors [..., 2], which may broadcast. */
export function complexMul(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkComplex('complexMul', a);
  checkComplex('complexMul', b);
  return scope(() => {
    const [ar, ai] = complexParts(a);
    const [br, bi] = complexParts(b);
    return tf.stack([tf.sub(tf.mul(ar, br), tf.mul(ai, bi)), tf.add(tf.mul(ar, bi), tf.mul(ai, br))], -1);
  });
}

/** x [..., 2] with its imaginary part negated. */
export function conjugate(x: tf.Tensor): tf.Tensor {
  checkComplex('conjugate', x);
  return scope(() => tf.mul(x, tf.tensor1d([1, -1])));
}

export function checkComplex(name: string, x: tf.Tensor, axes = 0): void {
  check(
    x.rank > axes && x.shape.at(-1) === 2,
    () =>
      `${name}: a complex tensor has a last axis (re, im)${axes > 0 ? ` after ${axes} more` : ''}, got shape [${x.shape.join(', ')}]`,
  );
}
