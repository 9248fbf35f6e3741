import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import type { Computation } from './fused.js';

/** Normal numbers that are the same in every call. */
export function normal(shape: readonly number[], seed: number, mean = 0, deviation = 1): tf.Tensor {
  return normalTensor(shape, mean, deviation, new Generator(seed));
}

/** y, the gradients of Σ y · dy with respect to all inputs, for inputs made by `inputs`. */
export function withGradients(inputs: () => tf.Tensor[], fn: (...inputs: tf.Tensor[]) => tf.Tensor): Computation {
  return () => {
    const given = inputs();
    const y = fn(...given);
    const gradients = tf.grads((...xs: tf.Tensor[]) => fn(...xs))(given, normal(y.shape, 99));
    return [y, ...gradients];
  };
}
