import * as tf from '@tensorflow/tfjs-core';
import { functional as F, useBackend } from '@hourglass/core';
import { beforeAll, describe, it } from 'vitest';
import { expectLikeCpu, normalOf, tiesOf } from './support/oracle.js';

beforeAll(() => useBackend('native'));

type Fn = (x: tf.Tensor) => tf.Tensor;

/** The value, the gradient and the gradient of the gradient, of whole numbers so that maxima meet. */
async function expectAllLikeCpu(fn: Fn, shape: number[], tolerance = {}): Promise<void> {
  const weighted: Fn = (x) => {
    const y = fn(x);
    return tf.sum(tf.mul(tf.square(y), normalOf(y.shape, 5)));
  };
  await expectLikeCpu(() => fn(tiesOf(shape, 1)), tolerance);
  await expectLikeCpu(() => tf.grad(weighted)(normalOf(shape, 2)), tolerance);
  await expectLikeCpu(() => tf.grad((x) => tf.sum(tf.square(tf.grad(weighted)(x))))(normalOf(shape, 3)), tolerance);
}

const shape = [2, 11, 9, 18];

describe('maxima', () => {
  it.each([
    { kernelSize: 2 },
    { kernelSize: 3, stride: 2, padding: 1 },
    { kernelSize: [3, 2], stride: [1, 3], padding: [1, 0], ceilMode: true },
    { kernelSize: 3, stride: 1, padding: 1, dilation: 2 },
    { kernelSize: 2, stride: 3, dilation: [3, 1] },
  ])('of windows %j', async (options) => {
    await expectAllLikeCpu((x) => F.maxPool2d(x, options), shape);
    await expectLikeCpu(() => F.maxPool2dWithIndices(tiesOf(shape, 1), options).indices);
  });

  it('of evenly spread windows', async () => {
    for (const size of [1, 3, [4, null], [9, 5]] as F.OutputSize[]) {
      await expectAllLikeCpu((x) => F.adaptiveMaxPool2d(x, size), [1, 9, 10, 3]);
    }
    await expectLikeCpu(() => F.adaptiveMaxPool2dWithIndices(tiesOf(shape, 1), 4).indices);
  });

  it('along one and three axes', async () => {
    await expectAllLikeCpu((x) => F.maxPool1d(x, { kernelSize: 3, stride: 2, padding: 1 }), [2, 40, 5]);
    await expectAllLikeCpu((x) => F.maxPool3d(x, { kernelSize: 2, ceilMode: true }), [1, 5, 4, 3, 17]);
    await expectLikeCpu(() => F.maxPool3dWithIndices(tiesOf([1, 5, 4, 3, 17], 1), { kernelSize: 2 }).indices);
  });
});

describe('means', () => {
  it.each([
    { kernelSize: 2 },
    { kernelSize: 3, stride: 2, padding: 1 },
    { kernelSize: [3, 2], stride: [1, 3], padding: [1, 0], ceilMode: true },
    { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false, ceilMode: true },
    { kernelSize: 3, stride: 1, padding: 1, divisorOverride: 5 },
    { kernelSize: 2, stride: 3 },
  ])('of windows %j', async (options) => {
    await expectAllLikeCpu((x) => F.avgPool2d(x, options), shape, { atol: 1e-5 });
  });

  it('of evenly spread windows', async () => {
    for (const size of [1, 3, [4, null], [9, 12]] as F.OutputSize[]) {
      await expectAllLikeCpu((x) => F.adaptiveAvgPool2d(x, size), [1, 9, 10, 3], { atol: 1e-5 });
    }
  });

  it('along one and three axes', async () => {
    await expectAllLikeCpu((x) => F.avgPool1d(x, { kernelSize: 3, stride: 2, padding: 1 }), [2, 40, 5]);
    await expectAllLikeCpu((x) => F.avgPool3d(x, { kernelSize: 2, ceilMode: true }), [1, 5, 4, 3, 17]);
    await expectAllLikeCpu((x) => F.adaptiveAvgPool3d(x, [2, 3, 2]), [1, 5, 4, 3, 17]);
  });
});
