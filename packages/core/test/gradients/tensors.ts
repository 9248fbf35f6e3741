import * as tf from '@tensorflow/tfjs-core';
import { Generator } from '@hourglass/core';

/** Repeatable uniform numbers in [low, high). */
export function uniform(shape: number[], seed: number, low = -1, high = 1): tf.Tensor {
  const generator = new Generator(seed);
  const size = shape.reduce((n, length) => n * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => generator.uniform(low, high)),
    shape,
    'float32',
  );
}

/** Distinct values a fixed step apart in random order, so that no maximum is near a tie. */
export function distinct(shape: number[], seed: number, step = 0.1): tf.Tensor {
  const generator = new Generator(seed);
  const size = shape.reduce((n, length) => n * length, 1);
  const order = Array.from({ length: size }, (_, i) => [generator.uniform(0, 1), i] as const).sort(([a], [b]) => a - b);
  return tf.tensor(
    Float32Array.from(order, ([, rank]) => (rank - size / 2 + 0.25) * step),
    shape,
    'float32',
  );
}
