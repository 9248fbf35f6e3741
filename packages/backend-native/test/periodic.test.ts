import * as tf from '@tensorflow/tfjs-core';
import { functional, kernels } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native } from './support/fused.js';
import { normal, withGradients } from './support/gradients.js';

const used = [kernels.Snake, kernels.SnakeGrad];

describe('snake', () => {
  // channels below, at and above a line of 256 numbers; positions below, at and above a chunk; sizes of alpha and beta
  it.each([
    [[2, 1], 1, null],
    [[33_001, 1], 1, 1],
    [[2, 2500, 7], 7, null],
    [[2, 23, 33, 17], 1, 17],
    [[129, 255], 255, 1],
    [[65, 256], 256, 256],
    [[70, 1030], 1030, null],
  ] as const)('of %j, %j alphas and %j betas', async (shape, alphas, betas) => {
    for (const logScale of [true, false]) {
      const [mean, deviation] = logScale ? [0, 0.5] : [1.5, 0.2];
      const inputs = (): tf.Tensor[] => [
        normal(shape, 1, 0, 3),
        normal([alphas], 2, mean, deviation),
        ...(betas === null ? [] : [normal([betas], 3, mean, deviation)]),
      ];
      const fn = withGradients(inputs, (x, alpha, beta) =>
        functional.snake(x!, alpha!, { beta: beta ?? null, logScale }),
      );
      await expectFused(fn, await composed(fn), used, { rtol: 1e-4, atol: 1e-3 });
    }
  });

  it('is right for large angles, and NaN for those that are not finite', async () => {
    await native();
    const x = [1e7, -3e9, Infinity, NaN, 0.5];
    const y = functional.snake(tf.tensor2d(x, [5, 1]), tf.tensor1d([2]), { beta: tf.tensor1d([1e-3]), eps: 0 });
    const expected = x.map((v) => Math.fround(v) + Math.sin(2 * Math.fround(v)) ** 2 / Math.fround(1e-3));
    const values = y.dataSync();
    expected.forEach((value, i) => {
      if (Number.isNaN(value)) expect(values[i]).toBeNaN();
      else expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value) + 1e-3);
    });
  });
});
