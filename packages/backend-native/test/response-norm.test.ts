import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { beforeAll, it } from 'vitest';
import { expectLikeCpu, normalOf } from './support/oracle.js';

beforeAll(() => useBackend('native'));

it.each([
  [[2, 5, 7, 20], 2, 1, 0.3, 0.75],
  [[1, 3, 3, 3], 5, 2, 1, 0.5],
  [[1, 9, 1, 33], 0, 0.5, 0.1, 1.3],
  [[0, 2, 2, 4], 1, 1, 1, 0.5],
] as const)('local response normalisation of %j with radius %d', async (shape, radius, bias, alpha, beta) => {
  const normed = (x: tf.Tensor): tf.Tensor =>
    tf.localResponseNormalization(x as tf.Tensor4D, radius, bias, alpha, beta);
  await expectLikeCpu(() => normed(normalOf([...shape], 1)));
  await expectLikeCpu(() => tf.grad(normed)(normalOf([...shape], 1), normalOf([...shape], 2)));
});
