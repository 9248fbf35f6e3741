import * as tf from '@tensorflow/tfjs-core';
import type { Generator } from '@hourglass/core';

/** int32, uniform in 0 … below - 1. */
export function integerTensor(shape: readonly number[], below: number, generator: Generator): tf.Tensor {
  const values = Int32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => generator.integer(0, below));
  return tf.tensor(values, [...shape], 'int32');
}
