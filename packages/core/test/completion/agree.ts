import * as tf from '@tensorflow/tfjs-core';
import { Generator } from '@hourglass/core';
import { compareValues, type Tolerance } from '@hourglass/core/testing';
import { expect } from 'vitest';

export interface Given {
  readonly shape: number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
  /** The numbers; uniform in [-2, 2) (int32: integers, bool: 0 or 1) when left out. */
  readonly values?: readonly number[];
}

interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: number[];
}

function make({ shape, dtype = 'float32', values }: Given, seed: number): tf.Tensor {
  const generator = new Generator(seed);
  const size = shape.reduce((n, length) => n * length, 1);
  const [low, high] = dtype === 'bool' ? [0, 2] : dtype === 'int32' ? [-5, 6] : [-2, 2];
  const draw = (): number => generator.uniform(low, high);
  const numbers = values ?? Array.from({ length: size }, () => (dtype === 'float32' ? draw() : Math.floor(draw())));
  return tf.tensor([...numbers], shape, dtype);
}

function evaluate(given: readonly Given[], fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]): Result[] {
  return tf.tidy(() => {
    const inputs = given.map((each, i) => make(each, 11 + i));
    const result = fn(...inputs);
    return (Array.isArray(result) ? result : [result]).map(({ shape, dtype }, i) => ({
      shape,
      dtype,
      values: Array.from((Array.isArray(result) ? result : [result])[i]!.dataSync()),
    }));
  });
}

/** Computes `fn` of the same inputs on cpu and on wasm; shapes, dtypes and values must be equal. */
export async function expectAgreement(
  given: readonly Given[],
  fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  tolerance: Tolerance = { rtol: 1e-4, atol: 1e-5 },
): Promise<void> {
  await tf.setBackend('cpu');
  const expected = evaluate(given, fn);
  await tf.setBackend('wasm');
  const before = [tf.memory().numTensors, tf.memory().numDataBuffers];
  const actual = evaluate(given, fn);
  expect([tf.memory().numTensors, tf.memory().numDataBuffers], 'tensors left behind').toEqual(before);
  expect(actual.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  actual.forEach(({ values }, i) => {
    const comparison = compareValues(values, expected[i]!.values, tolerance);
    expect(comparison.ok, comparison.message).toBe(true);
  });
}
