import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, useBackend } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import type { NativeBackend } from '@hourglass/backend-native';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

let backend: NativeBackend;

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('native');
  backend = tf.backend() as NativeBackend;
});

beforeEach(() => {
  tf.setBackend('native');
  backend.fallbacks.clear();
});

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;
type Given = readonly [shape: number[], low: number, high: number];

/** Gradients of sum(fn² · …) and, for `order` 2, of the sum of their squares, by each input. */
function gradients(fn: Function, inputs: readonly Given[], order: 1 | 2): Float32Array[] {
  const random = new Generator(3);
  const draw = ([shape, low, high]: Given): tf.Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, () => random.uniform(low, high)),
      shape,
    );
  };
  const scalar = (...given: tf.Tensor[]): tf.Tensor => tf.sum(tf.square(fn(...given)));
  const nested = (...given: tf.Tensor[]): tf.Tensor =>
    tf.addN(
      tf
        .grads(scalar)(given)
        .map((slope) => tf.sum(tf.square(slope))),
    );
  const tensors = inputs.map(draw);
  const result = tf.grads(order === 1 ? scalar : nested)(tensors);
  return result.map((slope) => slope.dataSync<'float32'>());
}

const plain: Given = [[7, 5], -2, 2];
const positive: Given = [[7, 5], 0.2, 2];
const unit: Given = [[7, 5], -0.9, 0.9];
const row: Given = [[5], 0.3, 2];
const column: Given = [[7, 1], 0.3, 2];

const functions: Readonly<Record<string, readonly [Function, ...Given[]]>> = {
  relu: [(x) => tf.relu(x!), plain],
  relu6: [(x) => tf.relu6(tf.mul(x!, 5)), plain],
  leakyRelu: [(x) => tf.leakyRelu(x!, 0.1), plain],
  elu: [(x) => tf.elu(x!), plain],
  selu: [(x) => tf.selu(x!), plain],
  prelu: [(x, a) => tf.prelu(x!, a!), plain, row],
  clip: [(x) => tf.clipByValue(x!, -1, 1), plain],
  sigmoid: [(x) => tf.sigmoid(x!), plain],
  tanh: [(x) => tf.tanh(x!), plain],
  softplus: [(x) => tf.softplus(x!), plain],
  erf: [(x) => tf.erf(x!), plain],
  exp: [(x) => tf.exp(x!), plain],
  expm1: [(x) => tf.expm1(x!), plain],
  log: [(x) => tf.log(x!), positive],
  log1p: [(x) => tf.log1p(x!), positive],
  sqrt: [(x) => tf.sqrt(x!), positive],
  rsqrt: [(x) => tf.rsqrt(x!), positive],
  square: [(x) => tf.square(x!), plain],
  abs: [(x) => tf.abs(x!), plain],
  neg: [(x) => tf.neg(x!), plain],
  reciprocal: [(x) => tf.reciprocal(x!), positive],
  sin: [(x) => tf.sin(x!), plain],
  cos: [(x) => tf.cos(x!), plain],
  tan: [(x) => tf.tan(x!), unit],
  asin: [(x) => tf.asin(x!), unit],
  acos: [(x) => tf.acos(x!), unit],
  atan: [(x) => tf.atan(x!), plain],
  sinh: [(x) => tf.sinh(x!), plain],
  cosh: [(x) => tf.cosh(x!), plain],
  asinh: [(x) => tf.asinh(x!), plain],
  acosh: [(x) => tf.acosh(tf.add(x!, 1)), positive],
  atanh: [(x) => tf.atanh(x!), unit],
  add: [(a, b) => tf.add(a!, b!), plain, row],
  sub: [(a, b) => tf.sub(a!, b!), column, plain],
  mul: [(a, b) => tf.mul(a!, b!), plain, column],
  div: [(a, b) => tf.div(a!, b!), plain, row],
  maximum: [(a, b) => tf.maximum(a!, b!), plain, row],
  minimum: [(a, b) => tf.minimum(a!, b!), column, plain],
  squaredDifference: [(a, b) => tf.squaredDifference(a!, b!), plain, row],
  atan2: [(a, b) => tf.atan2(a!, b!), plain, row],
  mod: [(a, b) => tf.mod(a!, b!), positive, row],
  pow: [(a, b) => tf.pow(a!, b!), positive, row],
  addN: [(a, b) => tf.addN([a!, b!, a!]), plain, plain],
  where: [(a, b) => tf.where(tf.greater(a!, b!), a!, b!), plain, plain],
  sum: [(x) => tf.sum(x!, 0), plain],
  mean: [(x) => tf.mean(x!, 1, true), plain],
  max: [(x) => tf.max(x!, 1), plain],
  min: [(x) => tf.min(x!, 0, true), plain],
  'max of all': [(x) => tf.max(x!), plain],
  'max over axes apart': [(x) => tf.max(tf.reshape(x!, [7, 5, 1, 1]), [0, 2]), plain],
  prod: [(x) => tf.prod(x!, 1), positive],
  cumsum: [(x) => tf.cumsum(x!, 0), plain],
  cumprod: [(x) => tf.cumprod(x!, 1), positive],
  softmax: [(x) => tf.softmax(x!), plain],
  logSoftmax: [(x) => F.logSoftmax(x!), plain],
  'softmax over rows': [(x) => F.softmax(x!, 0), plain],
};

describe.each(Object.entries(functions))('%s', (_, [fn, ...inputs]) => {
  it.each([1, 2] as const)('has gradients of order %i in C++ alone', (order) => {
    const run = (): Float32Array[] => {
      tf.engine().startScope();
      const result = gradients(fn, inputs, order);
      tf.engine().endScope();
      return result;
    };
    const actual = run();
    expect([...backend.fallbacks]).toEqual([]);
    tf.setBackend('cpu');
    run().forEach((expected, i) => {
      const size = Math.max(...expected.map(Math.abs));
      expect(compareValues(actual[i]!, expected, { rtol: 1e-4, atol: 1e-5 * size }).message).toBe(
        'equal within tolerance',
      );
    });
  });
});

describe('sums', () => {
  it('keep six digits of sixteen million numbers', () => {
    const n = 2 ** 24;
    const random = new Generator(1);
    const values = Float32Array.from({ length: n }, () => random.uniform(0, 1));
    const expected = values.reduce((sum, x) => sum + x, 0);
    for (const shape of [[n], [2 ** 20, 16], [2 ** 23, 2], [16, 2 ** 20]]) {
      const sum = tf.tidy(() => {
        const x = tf.tensor(values, shape);
        const first = tf.sum(x, 0);
        return (first.rank === 0 ? first : tf.sum(first)).dataSync()[0]!;
      });
      expect(Math.abs(sum / expected - 1), shape.join()).toBeLessThan(3e-7);
    }
  });

  it('are the same on any number of threads', () => {
    const { addon } = backend;
    const x = tf.randomNormal([300_007], 0, 1, 'float32', 3);
    const sums = [1, 2, 3].map((threads) => {
      addon.setThreads(threads);
      return tf.sum(x).dataSync()[0];
    });
    addon.setThreads(2);
    expect(new Set(sums).size).toBe(1);
    x.dispose();
  });
});

describe('what does not fit', () => {
  it('says which axes do not broadcast', () => {
    const kernel = (): unknown => tf.engine().runKernel(tf.Add, { a: tf.ones([2, 3]), b: tf.ones([4]) });
    expect(() => tf.tidy(() => void kernel())).toThrow(/\[2, 3\] and \[4\] do not broadcast: 3 against 4/);
  });

  it('keeps NaN where a comparison would lose it', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([NaN, 1, NaN]);
      for (const y of [tf.relu(x), tf.relu6(x), tf.maximum(x, 0), tf.maximum(0, x), tf.minimum(x, 0), tf.elu(x)]) {
        expect([...y.dataSync<'float32'>()].map(Number.isNaN)).toEqual([true, false, true]);
      }
      for (const y of [tf.max(x), tf.min(x), tf.sum(x), tf.mean(x)]) expect(y.dataSync()[0]).toBeNaN();
    });
  });

  it('leaves the mean of nothing undefined', () => {
    expect(tf.tidy(() => tf.mean(tf.zeros([0, 3]), 0).dataSync<'float32'>())).toEqual(new Float32Array(3).fill(NaN));
  });
});
