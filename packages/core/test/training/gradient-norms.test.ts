import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('cpu')));

const normsOf = (...list: tf.Tensor[]): number[] =>
  tf.tidy(() => [
    ...kernels.GradientNorms.run(Object.fromEntries(list.entries()), {})[0]!.dataSync(),
  ]) as unknown as number[];

it('norms of gradients with infinity or NaN are not finite, wherever those are', () => {
  const long = new Float32Array(9000).fill(1);
  long[8999] = -Infinity;
  const [infinite, nan, later, both] = normsOf(
    tf.tensor1d([1, Infinity]),
    tf.tensor1d([1, NaN, 3]),
    tf.tensor1d(long),
    tf.tensor1d([Infinity, NaN]),
  );
  expect(infinite).toBe(Infinity);
  expect(nan).toBeNaN();
  expect(later).toBe(Infinity);
  expect(both).toBeNaN();
});

it('norms are right where squares are beyond float32, on backends with a kernel', () => {
  if (!kernels.GradientNorms.isBrought) return;
  const norms = normsOf(
    tf.tensor1d([3e30, 4e30]),
    tf.fill([9001], 1e36),
    tf.tensor1d([3e-30, 4e-30]),
    tf.concat1d([tf.fill([5000], 1e-20), tf.fill([5000], 1e20)]),
    tf.tensor1d([-3e38]),
    tf.tensor1d([3e38, 3e38]),
  );
  const expected = [5e30, Math.sqrt(9001) * 1e36, 5e-30, Math.sqrt(5000) * 1e20, 3e38, Infinity];
  expected.forEach((value, i) => {
    if (value === Infinity) expect(norms[i]).toBe(Infinity);
    else expect(Math.abs(norms[i]! / value - 1)).toBeLessThan(1e-6);
  });
});
