import * as tf from '@tensorflow/tfjs-core';
import { Generator, useBackend } from '@hourglass/core';
import { compareValues, type Tolerance } from '@hourglass/core/testing';
import type { NativeBackend } from '@hourglass/backend-native';
import { expect } from 'vitest';

/** A tensor to be made on each backend. */
export interface Given {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: readonly number[];
}

const random = new Generator(7);
const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** Normal variates, or whole numbers in [low, high). */
export function given(
  shape: readonly number[],
  dtype: Given['dtype'] = 'float32',
  [low, high]: readonly [number, number] = [-100, 100],
): Given {
  const next = {
    float32: () => Math.fround(random.normal()),
    int32: () => random.integer(low, high),
    bool: () => random.integer(0, 2),
  }[dtype];
  return { shape, dtype, values: Array.from({ length: sizeOf(shape) }, next) };
}

/** These numbers. */
export function of(
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: Given['dtype'] = 'int32',
): Given {
  return { shape, dtype, values };
}

type Run = (...tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

function results(inputs: readonly Given[], run: Run): Result[] {
  return tf.tidy(() => {
    const tensors = inputs.map(({ values, shape, dtype }) => tf.tensor([...values], [...shape], dtype));
    return [run(...tensors)]
      .flat()
      .map((out) => ({ shape: out.shape, dtype: out.dtype, values: out.dataSync<'float32'>() }));
  });
}

const bytes = ({ values }: Result): Uint8Array => {
  const { buffer, byteOffset, byteLength } = values as Float32Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
};

/** The backend under test, active. */
export async function native(): Promise<NativeBackend> {
  await useBackend('native');
  return tf.backend() as NativeBackend;
}

/**
 * Asserts that `run` gives on the native backend, with every instruction set and with one and two threads, what it gives on
 * the cpu backend; that threads change no bit; and that nothing ran in JavaScript.
 */
export async function agrees(
  inputs: readonly Given[],
  run: Run,
  tolerance: Tolerance = { rtol: 0, atol: 0 },
): Promise<void> {
  await useBackend('cpu');
  const expected = results(inputs, run);
  await agreesWith(inputs, run, expected, tolerance);
}

/** {@link agrees}, with results that the caller knows. */
export async function agreesWith(
  inputs: readonly Given[],
  run: Run,
  expected: readonly Result[],
  tolerance: Tolerance = { rtol: 0, atol: 0 },
): Promise<void> {
  const backend = await native();
  const { addon } = backend;
  const [isa, threads] = [addon.isa(), addon.threads()];
  try {
    for (const name of addon.isas()) {
      addon.setIsa(name);
      backend.fallbacks.clear();
      addon.setThreads(2);
      const parallel = results(inputs, run);
      addon.setThreads(1);
      const alone = results(inputs, run);
      expect([...backend.fallbacks]).toEqual([]);
      expect(parallel.length).toBe(expected.length);
      parallel.forEach((actual, i) => {
        const { shape, dtype, values } = expected[i]!;
        expect(actual.shape).toEqual(shape);
        expect(actual.dtype).toBe(dtype);
        const comparison = compareValues(actual.values, values, tolerance);
        if (!comparison.ok) throw new Error(`${name}: ${comparison.message}`);
        expect(Buffer.compare(bytes(actual), bytes(alone[i]!))).toBe(0);
      });
    }
  } finally {
    addon.setIsa(isa);
    addon.setThreads(threads);
  }
}
