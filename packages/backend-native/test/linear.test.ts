import * as tf from '@tensorflow/tfjs-core';
import { functional as F, kernels } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native } from './support/fused.js';
import { normal, withGradients } from './support/gradients.js';

const used = [kernels.Linear, kernels.LinearGradient];

describe('linear', () => {
  it.each([
    [[1, 1], 1],
    [[3], 5],
    [[7, 5], 1],
    [[8, 33], 40],
    [[9, 64], 17],
    [[4, 5, 30], 70],
    [[300, 20], 33],
    [[3000, 3], 9],
  ])('of %j to %i', async (shape, outputs) => {
    const inputs = shape.at(-1)!;
    const make = (bias: boolean) => (): tf.Tensor[] => [
      normal(shape, 1),
      normal([inputs, outputs], 2),
      ...(bias ? [normal([outputs], 3)] : []),
    ];
    for (const bias of [true, false]) {
      for (const options of [{}, { activation: 'relu' }] as const) {
        const fn = withGradients(make(bias), (x, w, b) => F.linear(x!, w!, b ?? null, options));
        await expectFused(fn, await composed(fn), used, { rtol: 1e-4, atol: 1e-4 });
      }
    }
  });

  it('takes no rows', async () => {
    await native();
    const run = withGradients(
      () => [tf.zeros([0, 3]), normal([3, 4], 2), normal([4], 3)],
      (x, w, b) => F.linear(x!, w!, b!),
    );
    const [y, dx, dw, db] = tf.tidy(() => [...run()]);
    expect([y!.shape, dx!.shape]).toEqual([
      [0, 4],
      [0, 3],
    ]);
    expect([...dw!.dataSync(), ...db!.dataSync()].every((value) => value === 0)).toBe(true);
    expect(dw!.shape).toEqual([3, 4]);
  });

  it('sums a long column without losing digits', async () => {
    await native();
    const rows = 1_000_003;
    const y = tf.tidy(() => {
      const dy = tf.fill([rows, 1], 0.1);
      return tf.grads((w: tf.Tensor, b: tf.Tensor) => F.linear(tf.zeros([rows, 1]), w, b))(
        [tf.zeros([1, 1]), tf.zeros([1])],
        dy,
      )[1]!;
    });
    const exact = rows * Math.fround(0.1);
    expect(Math.abs(y.dataSync()[0]! - exact) / exact).toBeLessThan(1e-6);
  });
});
