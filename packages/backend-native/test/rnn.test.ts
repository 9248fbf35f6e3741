import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native, valuesOf } from './support/fused.js';
import { normal, withGradients } from './support/gradients.js';

const { gruOverTime, lstmOverTime, rnnOverTime } = kernels;
const tolerance = { rtol: 1e-4, atol: 1e-4 };

/** Steps, sequences, units: below, at and above a vector, a tile and a chunk. */
const sizes = [
  [1, 1, 1],
  [3, 2, 5],
  [4, 16, 16],
  [2, 17, 33],
  [5, 70, 20],
  [2, 3, 130],
] as const;

/** Weights that keep states away from the ends of tanh. */
const weight = (shape: readonly number[], seed: number): tf.Tensor =>
  normal(shape, seed, 0, 0.7 / Math.sqrt(shape[0]!));

describe.each(['tanh', 'relu'] as const)('rnn with %s', (nonlinearity) => {
  it.each(sizes)('%i steps of %i sequences of %i units', async (length, batch, size) => {
    const fn = withGradients(
      () => [normal([length, batch, size], 1), weight([size, size], 2), normal([batch, size], 3)],
      (gates, weight, h0) => rnnOverTime({ gates: gates!, weight: weight!, h0: h0! }, { nonlinearity }),
    );
    await expectFused(fn, await composed(fn), [kernels.RnnScan, kernels.RnnScanGradient], tolerance);
  });
});

describe('gru', () => {
  it.each(sizes)('%i steps of %i sequences of %i units', async (length, batch, size) => {
    const fn = withGradients(
      () => [
        normal([length, batch, 3 * size], 1),
        weight([size, 3 * size], 2),
        normal([3 * size], 3),
        normal([batch, size], 4),
      ],
      (gates, weight, bias, h0) => gruOverTime({ gates: gates!, weight: weight!, bias: bias!, h0: h0! }, {}),
    );
    await expectFused(fn, await composed(fn), [kernels.GruScan, kernels.GruScanGradient], tolerance);
  });
});

describe.each([false, true])('lstm, projection %s', (projects) => {
  it.each(sizes)('%i steps of %i sequences of %i units', async (length, batch, size) => {
    const width = projects ? Math.ceil(size / 3) : size;
    const fn = withGradients(
      () => [
        normal([length, batch, 4 * size], 1),
        weight([width, 4 * size], 2),
        normal([batch, width], 3),
        normal([batch, size], 4),
        ...(projects ? [weight([size, width], 5)] : []),
      ],
      (gates, weight, h0, c0, projection) =>
        lstmOverTime({ gates: gates!, weight: weight!, h0: h0!, c0: c0!, projection: projection ?? null }, {}),
    );
    await expectFused(fn, await composed(fn), [kernels.LstmScan, kernels.LstmScanGradient], tolerance);
  });
});

describe('recurrences', () => {
  it('let NaN through, in its own sequence', async () => {
    await native();
    const [states] = valuesOf(() => {
      const x = tf.buffer([2, 3, 4], 'float32');
      x.set(NaN, 0, 1, 2);
      const given = { gates: x.toTensor(), weight: normal([4, 4], 1), h0: tf.zeros([3, 4]) };
      return [rnnOverTime(given, { nonlinearity: 'relu' })];
    });
    const sequence = (t: number, b: number): number[] =>
      Array.from(states!.subarray((t * 3 + b) * 4, (t * 3 + b) * 4 + 4));
    expect(sequence(0, 1)[2]).toBeNaN();
    expect(sequence(1, 1).every(Number.isNaN)).toBe(true);
    expect([...sequence(1, 0), ...sequence(1, 2)].some(Number.isNaN)).toBe(false);
  });

  it('can be differentiated twice, by the composition', async () => {
    const fn = () => {
      const [gates, w, h0] = [normal([3, 2, 4], 1), weight([4, 4], 2), normal([2, 4], 3)];
      const energy = (weight: tf.Tensor): tf.Tensor =>
        tf.sum(tf.square(rnnOverTime({ gates, weight, h0 }, { nonlinearity: 'tanh' })));
      const slope = (w: tf.Tensor): tf.Tensor => tf.sum(tf.square(tf.grad(energy)(w)));
      return [tf.grad(slope)(w)];
    };
    const expected = await composed(fn);
    await expectFused(fn, expected, [kernels.RnnScan], tolerance);
  });
});
