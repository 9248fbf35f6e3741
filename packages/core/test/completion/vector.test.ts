import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { expectValues } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniform } from '../gradients/tensors.js';

type Elementwise = (x: tf.Tensor) => tf.Tensor;

/** By its series, in double precision; good below 3. */
function erf(x: number): number {
  let [sum, term] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Of NaN 0, as on other backends. */
const sign = (x: number): number => Math.sign(x) || 0;

const functions: [name: string, fn: Elementwise, exact: (x: number) => number, ranges: [number, number][]][] = [
  [
    'exp',
    tf.exp,
    Math.exp,
    [
      [-3, 3],
      [-87, 88.7],
    ],
  ],
  [
    'log',
    tf.log,
    Math.log,
    [
      [0.9, 1.1],
      [1e-6, 1e-3],
      [1, 1e30],
    ],
  ],
  [
    'tanh',
    tf.tanh,
    Math.tanh,
    [
      [-1e-3, 1e-3],
      [-10, 10],
    ],
  ],
  [
    'erf',
    tf.erf,
    erf,
    [
      [-1e-3, 1e-3],
      [-3, 3],
    ],
  ],
  [
    'softplus',
    tf.softplus,
    softplus,
    [
      [-3, 3],
      [-80, 80],
    ],
  ],
  [
    'log1p',
    tf.log1p,
    Math.log1p,
    [
      [-1e-8, 1e-8],
      [-0.6, 0.6],
      [1, 1e30],
    ],
  ],
  [
    'sign',
    tf.sign,
    sign,
    [
      [-1e-8, 1e-8],
      [-3, 3],
    ],
  ],
  [
    'sin',
    tf.sin,
    Math.sin,
    [
      [-1e-3, 1e-3],
      [-3, 3],
    ],
  ],
  ['cos', tf.cos, Math.cos, [[-1.5, 1.5]]],
];

const odd = [NaN, Infinity, -Infinity, 0, -0];

describe('vector functions on wasm', () => {
  beforeAll(() => useBackend('wasm'));

  it.each(functions)('%s is accurate to a few units in the last place', (_, fn, exact, ranges) => {
    for (const [low, high] of ranges) {
      // no multiple of four, so that the rest is reached
      const x = uniform([1003], 1, low, high);
      expectValues(fn(x), Array.from(x.dataSync(), exact), { rtol: 6e-7, atol: 1e-9 });
    }
  });

  it.each(functions)('%s of NaN, infinities and zeros', (_, fn, exact) => {
    const expected = odd.map((value) =>
      fn === tf.erf && Math.abs(value) === Infinity ? Math.sign(value) : exact(value),
    );
    expectValues(fn(tf.tensor1d(odd)), expected);
  });

  it('sin and cos of large angles', () => {
    const angles = [8000, -8000, 8193, 1e5, -1e6, 3].map(Math.fround);
    expectValues(tf.sin(tf.tensor1d(angles)), angles.map(Math.sin), { atol: 1e-5 });
    expectValues(tf.cos(tf.tensor1d(angles)), angles.map(Math.cos), { atol: 1e-5 });
  });

  it.each(functions)('%s of fewer than four numbers', (_, fn, exact) => {
    for (const size of [1, 2, 3]) {
      const values = [0.5, 1.25, 2].slice(0, size);
      expectValues(fn(tf.tensor1d(values)), values.map(exact), { rtol: 1e-5 });
    }
    expect(fn(tf.zeros([0, 2])).shape).toEqual([0, 2]);
  });

  it('tanh and erf never leave [-1, 1]', () => {
    const x = tf.linspace(-20, 20, 4001);
    for (const fn of [tf.tanh, tf.erf]) expect(tf.max(tf.abs(fn(x))).dataSync()[0]).toBeLessThanOrEqual(1);
  });
});
