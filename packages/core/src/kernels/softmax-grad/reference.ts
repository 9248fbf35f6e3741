import * as tf from '@tensorflow/tfjs-core';
import type { SoftmaxGradInputs } from './spec.js';

export function softmaxGrad({ dy, y }: SoftmaxGradInputs): tf.Tensor[] {
  const weighted = tf.mul(dy, y);
  return [tf.sub(weighted, tf.mul(y, tf.sum(weighted, -1, true)))];
}

export function logSoftmaxGrad({ dy, y }: SoftmaxGradInputs): tf.Tensor[] {
  return [tf.sub(dy, tf.mul(tf.exp(y), tf.sum(dy, -1, true)))];
}
