import * as tf from '@tensorflow/tfjs-core';
import { functional as F, useBackend } from '@hourglass/core';
import { beforeAll, expect, it } from 'vitest';
import { expectLikeCpu, normalOf } from './support/oracle.js';

beforeAll(() => useBackend('native'));

it.each([
  { kernelSize: 2, stride: 2 },
  { kernelSize: 3, padding: 1 },
  { kernelSize: [3, 2], stride: [2, 3], padding: [2, 0], dilation: [1, 2] },
  { kernelSize: [6, 8] },
  { kernelSize: 1, stride: 4, padding: 3 },
])('blocks %j, there and back', async (options) => {
  for (const [batch, channels] of [
    [2, 3],
    [1, 1],
    [0, 2],
  ] as const) {
    // prettier-ignore
    const shape = [batch, 6, 8, channels];
    const unfold = (x: tf.Tensor): tf.Tensor => F.unfold(x, options);
    const blocks = tf.tidy(() => unfold(tf.zeros(shape)).shape);
    const fold = (x: tf.Tensor): tf.Tensor => F.fold(x, [6, 8], options);
    for (const [fn, from, to] of [
      [unfold, shape, blocks],
      [fold, blocks, shape],
    ] as const) {
      // prettier-ignore
      await expectLikeCpu(() => fn(normalOf([...from], 1)));
      await expectLikeCpu(() => tf.grad(fn)(normalOf([...from], 1), normalOf([...to], 2)));
      await expectLikeCpu(() => {
        const squares = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(tf.square(fn(x))));
        return tf.grad((x) => tf.sum(tf.square(tf.grad(squares)(x))))(normalOf([...from], 1));
      }, { rtol: 1e-4, atol: 1e-2 }); // prettier-ignore
    }
  }
});

it('takes an empty batch', () => {
  tf.tidy(() => {
    const y = F.unfold(tf.zeros([0, 4, 4, 2]), { kernelSize: 2, stride: 2 });
    expect(y.shape).toEqual([0, 4, 8]);
    expect(F.fold(y, [4, 4], { kernelSize: 2, stride: 2 }).shape).toEqual([0, 4, 4, 2]);
  });
});
