import * as tf from '@tensorflow/tfjs-core';
import type { AverageUpdateAttrs, AverageUpdateInputs } from './spec.js';

export function averageUpdate(
  { average, target }: AverageUpdateInputs,
  { weight, scale }: AverageUpdateAttrs,
): tf.Tensor[] {
  const shaped = tf.reshape(target, average.shape);
  const scaled = scale === 1 ? shaped : tf.mul(shaped, scale);
  return [tf.add(average, tf.mul(tf.sub(scaled, average), weight))];
}
