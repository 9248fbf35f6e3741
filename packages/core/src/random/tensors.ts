import * as tf from '@tensorflow/tfjs-core';
import { defaultGenerator, type Generator } from './generator.js';

function sized(shape: readonly number[]): Float32Array {
  return new Float32Array(shape.reduce((size, d) => size * d, 1));
}

/** float32 tensor of `shape`, uniform in [low, high). */
export function uniformTensor(
  shape: readonly number[],
  low = 0,
  high = 1,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  const values = sized(shape);
  for (let i = 0; i < values.length; i++) values[i] = generator.uniform(low, high);
  return tf.tensor(values, [...shape], 'float32');
}

/** float32 tensor of `shape`, normal with `mean` and `std`. */
export function normalTensor(
  shape: readonly number[],
  mean = 0,
  std = 1,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  const values = sized(shape);
  for (let i = 0; i < values.length; i++) values[i] = generator.normal(mean, std);
  return tf.tensor(values, [...shape], 'float32');
}

/** float32 tensor of `shape`, 1 with probability `keep`, else 0. */
export function bernoulliTensor(
  shape: readonly number[],
  keep: number,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  const values = sized(shape);
  const threshold = keep * 4294967296;
  for (let i = 0; i < values.length; i++) values[i] = generator.uint32() < threshold ? 1 : 0;
  return tf.tensor(values, [...shape], 'float32');
}
