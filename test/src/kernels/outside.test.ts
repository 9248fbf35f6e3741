import { missingBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { kernels, useBackend } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { backends } from '../contract/suite.js';

// Indices that point outside: an error where they can be looked at, and nothing where they cannot.
describe.each(backends)('on %s', async (backend) => {
  const absent = await missingBackend(backend);
  const isGpu = backend === 'webgpu';
  const ints = (...values: number[]): tf.Tensor => tf.tensor1d(values, 'int32');

  /** What a kernel gives for places that are wrong, or that it says so. */
  function expectOutside(run: () => tf.Tensor[], onGpu: readonly number[]): void {
    tf.tidy(() => {
      if (isGpu) expect([...run()[0]!.dataSync()]).toEqual([...onGpu]);
      else expect(() => run()[0]!.dataSync()).toThrow(/index -?\d+ is not in/);
    });
  }

  it.skipIf(absent !== null)(
    `an index that points outside${absent === null ? '' : ` (skipped: ${absent})`}`,
    async () => {
      await useBackend(backend);
      const pointer = ints(0, 2, 3);
      const x = tf.tensor3d([1, 2, 3], [3, 1, 1]);
      for (const bad of [3, -1, 2 ** 31 - 1]) {
        const column = ints(0, bad, 2);
        const given = { x, pointer, column, edge: null, weights: null };
        expectOutside(() => kernels.SparseProduct.run(given, { mean: false }), [1, 3]);
        const weights = tf.tensor2d([10, 20, 30], [3, 1]);
        expectOutside(
          () =>
            kernels.SparseProduct.run(
              { ...given, column: ints(0, 1, 2), edge: ints(0, bad, 2), weights },
              { mean: false },
            ),
          [10, 90],
        );
        const a = tf.tensor3d([1, 10], [2, 1, 1]);
        expectOutside(() => kernels.SampledProduct.run({ a, b: x, pointer, column, edge: null }, {}), [1, 0, 30]);
        const rows = tf.tensor2d([-5, 6, 7], [3, 1]);
        expectOutside(() => kernels.SegmentMax.run({ x: rows, pointer, order: column }, {}), [-5, 7]);
      }
    },
  );
});
