import * as tf from '@tensorflow/tfjs-core';
import type { SquareplusAttrs, SquareplusInputs } from './spec.js';

const root = (x: tf.Tensor, b: number): tf.Tensor => tf.sqrt(tf.add(tf.square(x), b));

export function squareplus({ x }: SquareplusInputs, { b }: SquareplusAttrs): tf.Tensor[] {
  return [tf.mul(tf.add(x, root(x, b)), 0.5)];
}

export function squareplusGrad(
  { x, dy }: SquareplusInputs & { readonly dy: tf.Tensor },
  { b }: SquareplusAttrs,
): tf.Tensor[] {
  return [tf.mul(dy, tf.mul(tf.add(tf.div(x, root(x, b)), 1), 0.5))];
}
