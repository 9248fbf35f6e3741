import * as tf from '@tensorflow/tfjs-core';
import type { ExtremeGradAttrs, ExtremeGradInputs } from './spec.js';

export function extremeGrad({ x, y, dy }: ExtremeGradInputs, { axes: [first, end] }: ExtremeGradAttrs): tf.Tensor[] {
  const kept = x.shape.map((size, axis) => (axis >= first && axis < end ? 1 : size));
  const axes = Array.from({ length: end - first }, (_, i) => first + i);
  const attains = tf.cast(tf.equal(x, tf.reshape(y, kept)), 'float32');
  return [tf.mul(attains, tf.div(tf.reshape(dy, kept), tf.sum(attains, axes, true)))];
}
