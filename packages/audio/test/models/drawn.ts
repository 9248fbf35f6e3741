import * as tf from '@tensorflow/tfjs-core';
import type { Generator } from '@hourglass/core';

/** int32 tokens of this shape in [low, high). */
export function drawnTokens(shape: [number, number], low: number, high: number, generator: Generator): tf.Tensor {
  const values = Int32Array.from({ length: shape[0] * shape[1] }, () => generator.integer(low, high));
  return tf.tensor2d(values, shape, 'int32');
}
