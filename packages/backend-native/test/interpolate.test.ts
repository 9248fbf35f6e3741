import * as tf from '@tensorflow/tfjs-core';
import { functional as F, useBackend } from '@hourglass/core';
import { beforeAll, expect, it } from 'vitest';
import { expectLikeCpu, normalOf } from './support/oracle.js';

beforeAll(() => useBackend('native'));

type Options = Parameters<typeof F.interpolate>[1];

const pictures: Array<[number[], Options]> = [
  [[2, 5, 6, 17], { scaleFactor: 2 }],
  [[1, 5, 6, 3], { size: [7, 4], mode: 'nearest' }],
  [[1, 5, 6, 3], { size: [7, 13], mode: 'nearest-exact' }],
  [[2, 5, 6, 16], { scaleFactor: 2, mode: 'bilinear' }],
  [[1, 5, 6, 3], { scaleFactor: [1.7, 0.6], mode: 'bilinear' }],
  [[1, 5, 6, 40], { size: [9, 11], mode: 'bilinear', alignCorners: true }],
  [[1, 9, 8, 2], { size: [4, 3], mode: 'bilinear', antialias: true }],
  [[1, 5, 6, 1], { size: [10, 9], mode: 'bicubic' }],
  [[1, 9, 8, 20], { size: [4, 3], mode: 'bicubic', antialias: true }],
  [[2, 9, 8, 5], { size: [4, 3], mode: 'area' }],
  [[2, 9, 5], { size: 14, mode: 'linear' }],
  [[2, 9, 5], { size: 4 }],
  [[1, 3, 4, 5, 6], { scaleFactor: 2, mode: 'trilinear' }],
  [[1, 3, 4, 5, 6], { size: [2, 7, 5] }],
];

it.each(pictures)('%j, %j', async (shape, options) => {
  const resize = (x: tf.Tensor): tf.Tensor => F.interpolate(x, options);
  const weighted = (x: tf.Tensor): tf.Tensor => {
    const y = resize(x);
    return tf.sum(tf.mul(tf.square(y), normalOf(y.shape, 5)));
  };
  await expectLikeCpu(() => resize(normalOf(shape, 1)), { atol: 1e-5 });
  await expectLikeCpu(() => tf.grad(weighted)(normalOf(shape, 2)), { atol: 1e-5 });
  await expectLikeCpu(() => tf.grad((x) => tf.sum(tf.square(tf.grad(weighted)(x))))(normalOf(shape, 3)), {
    rtol: 1e-4,
    atol: 1e-4,
  });
});

it('gradient of a sum of squares agrees with finite differences', () => {
  tf.tidy(() => {
    const x = normalOf([1, 4, 3, 2], 1);
    const loss = (t: tf.Tensor): tf.Tensor => tf.sum(tf.square(F.interpolate(t, { scaleFactor: 2, mode: 'bilinear' })));
    const direction = normalOf(x.shape, 2);
    const step = 1e-2;
    const ends = [1, -1].map((sign) => loss(tf.add(x, tf.mul(direction, sign * step))).dataSync()[0]!);
    const slope = tf.sum(tf.mul(tf.grad(loss)(x), direction)).dataSync()[0]!;
    expect((ends[0]! - ends[1]!) / (2 * step) / slope).toBeCloseTo(1, 3);
  });
});
