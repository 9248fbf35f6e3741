import * as tf from '@tensorflow/tfjs-core';
import { functional as F, StateBuffer, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const random = (shape: number[], seed: number, mean = 0, std = 1): tf.Tensor =>
  tf.randomNormal(shape, mean, std, 'float32', seed);

describe.each(testBackends('wasm', 'cpu'))('norms on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('batch norm gives each channel mean 0 and variance 1, also far from zero', () => {
    const y = F.batchNorm(random([4, 9, 7, 3], 1, 100, 5), null, null, null, null, { training: true });
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    expectValues(mean, [0, 0, 0], { atol: 2e-5 });
    expectValues(variance, [1, 1, 1], { rtol: 1e-4 });
  });

  const w = (): tf.Tensor => tf.tensor1d([0.7, -1.3, 0.4, 1.1]);
  const b = (): tf.Tensor => tf.tensor1d([0.1, 0.2, -0.5, 1]);
  const running = (): [StateBuffer, StateBuffer] => [
    new StateBuffer(tf.tensor1d([0.2, -0.1, 0.5, 0])),
    new StateBuffer(tf.tensor1d([0.5, 1.5, 0.8, 2])),
  ];
  const cases: Record<string, [shape: number[], fn: (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.Tensor]> = {
    'batch norm in training': [[3, 2, 2, 4], (x, w, b) => F.batchNorm(x, null, null, w, b, { training: true })],
    'batch norm in evaluation': [
      [3, 5, 4],
      (x, w, b) => {
        const [mean, variance] = running();
        const y = F.batchNorm(x, mean, variance, w, b);
        mean.dispose();
        variance.dispose();
        return y;
      },
    ],
    'group norm': [[2, 3, 4], (x, w, b) => F.groupNorm(x, 2, w, b)],
    'instance norm': [[2, 5, 4], (x, w, b) => F.instanceNorm(x, null, null, w, b)],
    'layer norm': [[3, 2, 4], (x, w, b) => F.layerNorm(x, [4], w, b)],
    'RMS norm': [[3, 2, 4], (x, w, b) => tf.add(F.rmsNorm(x, [4], w), b)],
    'global response norm': [[2, 3, 3, 4], (x, w, b) => F.globalResponseNorm(x, w, b)],
    'local response norm': [[2, 3, 4], (x, w, b) => tf.add(tf.mul(F.localResponseNorm(x, 3, { alpha: 0.5 }), w), b)],
    normalize: [[2, 3, 4], (x, w, b) => tf.add(tf.mul(F.normalize(x, { p: 3, dim: 1 }), w), b)],
  };

  it.each(Object.entries(cases))('%s has the gradient that finite differences give', (_, [shape, fn]) => {
    tf.tidy(() => expectGradient((x, w, b) => fn(x!, w!, b!), [random(shape, 3, 0.5), w(), b()]));
  });

  it.each(Object.entries(cases))('%s has a gradient of its gradient', (_, [shape, fn]) => {
    tf.tidy(() => {
      const c = random(shape, 9);
      const slope = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.square(fn(x, w, b())), c)))(x);
      expectGradient((x, w) => slope(x!, w!), [random(shape, 3, 0.5, 2), w()], { rtol: 3e-2, atol: 2e-2 });
    });
  });

  it('agree with each other where they mean the same', () => {
    tf.tidy(() => {
      const x = random([2, 3, 5, 4], 5, 1, 3);
      expectClose(F.groupNorm(x, 4), F.instanceNorm(x), { atol: 1e-5 });
      expectClose(F.groupNorm(x, 1), F.layerNorm(x, [3, 5, 4]), { atol: 1e-5 });
      const one = tf.slice(x, [0, 0, 0, 0], [1, 3, 5, 4]);
      expectClose(F.instanceNorm(one), F.batchNorm(one, null, null, null, null, { training: true }), { atol: 1e-5 });
      expectClose(F.rmsNorm(tf.sub(x, tf.mean(x, -1, true)), [4]), F.layerNorm(x, [4], null, null, 2 ** -23), {
        atol: 1e-5,
      });
    });
  });

  it('leave no tensors behind, with and without a gradient', () => {
    const [weight, bias] = [w(), b()];
    for (const [name, [shape, fn]] of Object.entries(cases)) {
      const x = random(shape, 1);
      const step = (): void => {
        tf.tidy(() => void fn(x, weight, bias));
        tf.grad((x: tf.Tensor) => tf.sum(fn(x, weight, bias)))(x).dispose();
      };
      step();
      const before = tf.memory().numTensors;
      step();
      step();
      expect(tf.memory().numTensors, name).toBe(before);
      x.dispose();
    }
  });
});

describe('norms', () => {
  beforeAll(async () => void (await useTestBackend('wasm')));

  it('a zero vector normalises to zero without NaN in the gradient', () => {
    const x = tf.zeros([2, 3]);
    expectValues(F.normalize(x), new Float32Array(6));
    expectValues(tf.grad((x: tf.Tensor) => F.vectorNorm(x))(x), new Float32Array(6));
  });

  it('refuse shapes that do not fit', () => {
    const x = tf.zeros([2, 3, 4]);
    expect(() => F.layerNorm(x, [3])).toThrow(/layerNorm over \[3\] does not fit an input of shape \[2, 3, 4\]/);
    expect(() => F.groupNorm(x, 3)).toThrow(/4 channels do not divide into 3 groups/);
    expect(() => F.batchNorm(x, null, null)).toThrow(/needs running statistics/);
    expect(() => F.batchNorm(x, null, null, tf.ones([3]))).toThrow(/the weight has shape \[3\]/);
    expect(() => F.batchNorm(tf.zeros([1, 4]), null, null, null, null, { training: true })).toThrow(
      /more than one value/,
    );
    expect(() => F.instanceNorm(tf.zeros([2, 1, 4]))).toThrow(/more than one position/);
  });
});
