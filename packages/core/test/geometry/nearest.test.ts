import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { chamferDistance, nearestDistances, nearestPoints } = functional;

describe.each(testBackends('webgpu', 'native', 'wasm', 'cpu'))('nearest points on %s', (backend) => {
  const generator = new Generator(3);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it('finds them', () => {
    const a = tf.tensor3d([0, 0, 10, 10, -3, 4], [1, 3, 2]);
    const b = tf.tensor3d([9, 9, 1, 0], [1, 2, 2]);
    expectValues(nearestPoints(a, b), [1, 0, 1]);
    expectValues(nearestDistances(a, b), [1, 2, 32]);
    expectValues(chamferDistance(a, b), [35 / 3 + 1.5]);
  });

  it.each([2, 3, 5])('agrees with all distances in %j dimensions', (dimensions) => {
    const [a, b] = [random(2, 37, dimensions), random(2, 50, dimensions)];
    const all = tf.sum(tf.square(tf.sub(tf.expandDims(a, 2), tf.expandDims(b, 1))), 3);
    expectClose(nearestDistances(a, b), tf.min(all, 2));
    expectValues(nearestPoints(a, b), tf.argMin(all, 2).dataSync());
    expectValues(nearestPoints(b, a), tf.argMin(all, 1).dataSync());
  });

  it('has gradients', () => {
    expectGradient((a, b) => nearestDistances(a!, b!), [random(2, 4, 3), random(2, 5, 3)]);
    expectGradient((a, b) => chamferDistance(a!, b!), [random(2, 4, 3), random(2, 5, 3)]);
  });

  it('says what is wrong', () => {
    expect(() => chamferDistance(random(2, 4, 3), random(1, 4, 3))).toThrow('equal batch');
    expect(() => chamferDistance(random(2, 4, 3), tf.zeros([2, 0, 3]))).toThrow('no points');
  });
});
