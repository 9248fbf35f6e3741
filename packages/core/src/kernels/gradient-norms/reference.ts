import * as tf from '@tensorflow/tfjs-core';

export function gradientNorms(list: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
  return [tf.stack(Object.values(list).map((x) => tf.sqrt(tf.sum(tf.square(x)))))];
}
