import type * as tf from '@tensorflow/tfjs-core';
import { functional, kernels } from '@hourglass/core';
import { describe, it } from 'vitest';
import { composed, expectFused } from './support/fused.js';
import { normal, withGradients } from './support/gradients.js';

const used = [kernels.GridSample, kernels.GridSampleInputGradient, kernels.GridSampleGridGradient];

describe('grid sample', () => {
  // few pictures of few channels, which threads share by bands of elements, and wide ones, which they share by channels
  it.each([
    [[1, 9, 11, 3], [40, 50], 'bilinear'],
    [[3, 9, 11, 5], [20, 30], 'bilinear'],
    [[1, 6, 7, 150], [9, 8], 'bilinear'],
    [[1, 6, 7, 2], [40, 40], 'bicubic'],
    [[2, 6, 7, 70], [5, 6], 'nearest'],
    [[1, 3, 5, 4, 9], [11, 10, 12], 'bilinear'],
  ] as const)('of %j at %j points, %s', async (shape, points, mode) => {
    const axes = shape.length - 2;
    const inputs = (): tf.Tensor[] => [normal(shape, 1), normal([shape[0], ...points, axes], 2, 0, 0.6)];
    for (const paddingMode of ['zeros', 'border', 'reflection'] as const) {
      for (const alignCorners of [true, false]) {
        const fn = withGradients(inputs, (x, grid) =>
          functional.gridSample(x!, grid!, { mode, paddingMode, alignCorners }),
        );
        await expectFused(fn, await composed(fn), used, { rtol: 2e-4, atol: 2e-3 });
      }
    }
  });
});
