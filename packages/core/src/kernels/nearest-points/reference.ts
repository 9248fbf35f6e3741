import * as tf from '@tensorflow/tfjs-core';
import type { NearestPointsInputs } from './spec.js';

export function nearestPoints({ a, b }: NearestPointsInputs): tf.Tensor[] {
  // |a|² is the same for all candidates
  const squares = tf.expandDims(tf.sum(tf.square(b), 2), 1);
  const distances = tf.sub(squares, tf.mul(2, tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D, false, true)));
  return [tf.argMin(distances, 2)];
}
