import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, kernels, normalTensor } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native, valuesOf, type Computation } from './support/fused.js';

const functions: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  silu: (x) => F.silu(x),
  quickGelu: (x) => F.quickGelu(x),
  gelu: (x) => F.gelu(x),
  'gelu, tanh': (x) => F.gelu(x, { approximate: 'tanh' }),
  mish: (x) => F.mish(x),
  hardswish: (x) => F.hardswish(x),
  softplus: (x) => F.softplus(x),
  'softplus with a threshold': (x) => F.softplus(x, { beta: 2, threshold: 1 }),
  leakyRelu: (x) => F.leakyRelu(x, 0.2),
  elu: (x) => F.elu(x, 1.5),
  selu: (x) => F.selu(x),
  celu: (x) => F.celu(x, 0.7),
  squaredRelu: (x) => F.squaredRelu(x),
};

/** Numbers near and far, with the kinks among them. */
function numbers(count: number): tf.Tensor {
  const values = normalTensor([count], 0, 3, new Generator(1)).dataSync();
  [0, -3, 3, 1e-30, -1e-30, 20, -20, 90, -90].forEach((value, i) => {
    if (3 * i < count) values[3 * i] = value;
  });
  return tf.tensor(values, [count]);
}

const both = [kernels.Activation, kernels.ActivationGrad];

describe.each(Object.entries(functions))('%s', (_, f) => {
  it.each([[0], [1], [7], [37], [20_011]])('of %i numbers, and its gradient', async (count) => {
    const fn: Computation = () => {
      const x = numbers(count);
      return [f(x), tf.grad(f)(x, normalTensor([count], 0, 1, new Generator(2)))];
    };
    await expectFused(fn, await composed(fn), both, { rtol: 1e-5, atol: 2e-6 });
  });

  it('hands NaN on', async () => {
    await native();
    const fn: Computation = () => {
      const x = tf.tensor1d([1, NaN, -1, 2]);
      return [f(x), tf.grad(f)(x, tf.ones([4]))];
    };
    for (const values of valuesOf(fn)) expect(Array.from(values, Number.isNaN)).toEqual([false, true, false, false]);
  });

  it('of infinity, and of numbers close to it', async () => {
    await native();
    const [y] = valuesOf(() => [f(tf.tensor1d([Infinity, 1e38]))]);
    expect(y![0]).toBe(Infinity);
    expect(y![1]).toBeGreaterThan(9e37);
  });

  it('has a gradient of its gradient', async () => {
    const fn: Computation = () => {
      const slope = tf.grad((x: tf.Tensor) => tf.sum(f(x)));
      return [tf.grad((x: tf.Tensor) => tf.sum(tf.square(slope(x))))(tf.tensor1d([-2.5, -1, -0.1, 0.1, 1, 2.5]))];
    };
    const expected = await composed(fn);
    await native();
    expect(compareValues(valuesOf(fn)[0]!, expected[0]!, { rtol: 1e-4, atol: 1e-5 }).message).toBe(
      'equal within tolerance',
    );
  });
});
