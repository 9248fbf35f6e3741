import * as tf from '@tensorflow/tfjs-core';
import { Generator, useBackend } from '@hourglass/core';
import { compareValues, type Tolerance } from '@hourglass/core/testing';
import { loadAddon, type NativeBackend } from '@hourglass/backend-native';
import { expect } from 'vitest';

type Computation = () => tf.Tensor | tf.Tensor[];

/** Kernels that must run in C++; what else TFJS calls beside them is for other tests. */
const claimed = /^Hourglass|Pool|Resize|CropAndResize|FFT|LRN|Dilation2D/;

/** The values of what `fn` returns, and its shapes and dtypes; everything it made is freed. */
async function resultsOf(backend: string, fn: Computation): Promise<Array<{ kind: string; values: number[] }>> {
  await useBackend(backend as 'cpu');
  return tf.tidy(() =>
    [fn()].flat().map((t) => ({ kind: `${t.dtype} [${t.shape.join(', ')}]`, values: Array.from(t.dataSync()) })),
  );
}

/** Runs `fn` on native with every instruction set, on one thread and on two, whose results must be equal to the bit. */
export async function onEveryMachine(
  fn: Computation,
  visit: (results: Array<{ kind: string; values: number[] }>, name: string) => void,
): Promise<void> {
  const addon = await loadAddon();
  await useBackend('native');
  const { fallbacks } = tf.backend() as NativeBackend;
  const [isa, threads] = [addon.isa(), addon.threads()];
  try {
    for (const each of addon.isas()) {
      addon.setIsa(each);
      addon.setThreads(1);
      fallbacks.clear();
      const alone = await resultsOf('native', fn);
      expect(
        [...fallbacks.keys()].filter((name) => claimed.test(name)),
        each,
      ).toEqual([]);
      addon.setThreads(2);
      const together = await resultsOf('native', fn);
      for (let i = 0; i < alone.length; i++) {
        const differing = alone[i]!.values.findIndex((value, k) => !Object.is(value, together[i]!.values[k]));
        expect(differing, `${each}: two threads differ at`).toBe(-1);
      }
      visit(alone, each);
    }
  } finally {
    addon.setIsa(isa);
    addon.setThreads(threads);
  }
}

/** Native must compute what the backend `cpu` computes, as core completes it, without help from JavaScript. */
export async function expectLikeCpu(fn: Computation, tolerance: Tolerance = {}): Promise<void> {
  const expected = await resultsOf('cpu', fn);
  await onEveryMachine(fn, (actual, name) => expectAlike(actual, expected, name, tolerance));
}

function expectAlike(
  actual: Array<{ kind: string; values: number[] }>,
  expected: Array<{ kind: string; values: number[] }>,
  name: string,
  tolerance: Tolerance,
): void {
  expect(
    actual.map(({ kind }) => kind),
    name,
  ).toEqual(expected.map(({ kind }) => kind));
  for (let i = 0; i < expected.length; i++) {
    const { ok, message } = compareValues(actual[i]!.values, expected[i]!.values, tolerance);
    expect(ok, `${name}, output ${i}: ${message}`).toBe(true);
  }
}

/** Normal variates in plain memory, the same for a seed. */
export function normals(size: number, seed: number): Float32Array {
  const generator = new Generator(seed);
  return Float32Array.from({ length: size }, () => generator.normal());
}

/** A tensor of normal variates, the same for a seed on every backend. */
export function normalOf(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(normals(tf.util.sizeFromShape(shape), seed), shape);
}

/** A tensor of few different values, so that windows have several maxima. */
export function tiesOf(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(
    normals(tf.util.sizeFromShape(shape), seed).map((v) => Math.round(v)),
    shape,
  );
}
