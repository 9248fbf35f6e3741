import type * as tf from '@tensorflow/tfjs-core';
import { functional, kernels } from '@hourglass/core';
import { describe, it } from 'vitest';
import { composed, expectFused } from './support/fused.js';
import { normal, withGradients } from './support/gradients.js';

const tolerance = { rtol: 1e-4, atol: 1e-4 };

describe('selective scan', () => {
  // below, at and above a chunk, a vector and what one thread takes; sequences, steps, channels, states, groups
  it.each([
    [1, 1, 1, 1, 1],
    [2, 33, 17, 3, 1],
    [1, 64, 16, 16, 1],
    [3, 5, 12, 4, 3],
    [8, 33, 70, 2, 1],
  ])('of %i sequences of %i steps, %i channels of %i states, %i groups', async (b, l, d, n, g) => {
    for (const whole of [true, false]) {
      const inputs = (): tf.Tensor[] => [
        normal([b, l, d], 1),
        normal([b, l, d], 2, whole ? -1 : 0.5, whole ? 1 : 0.1),
        normal([d, n], 3, -1, 0.2),
        normal([b, l, g, n], 4),
        normal([b, l, g, n], 5),
        ...(whole ? [normal([d], 6), normal([b, l, d], 7), normal([d], 8), normal([b, d, n], 9)] : []),
      ];
      const fn = withGradients(inputs, (u, delta, A, B, C, D, z, deltaBias, initialState) =>
        functional.selectiveScan(u!, delta!, A!, B!, C!, {
          ...(whole ? { D: D!, z: z!, deltaBias: deltaBias!, initialState: initialState! } : {}),
          deltaSoftplus: whole,
        }),
      );
      const used = [kernels.SelectiveScan, kernels.SelectiveScanGrad];
      await expectFused(fn, await composed(fn), used, tolerance);
    }
  });
});
