import * as tf from '@tensorflow/tfjs-core';
import { activationByName, functional as F, InvalidArgumentError, PReLU, Snake, useBackend } from '@hourglass/core';
import { expectGradient, expectValues, testBackends, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

// away from every kink: 0, 0.5, 1, 3, 6
const points = [-7.3, -4.1, -2.2, -1.3, -0.8, -0.2, 0.15, 0.7, 1.4, 2.3, 4.2, 7.1];

const smooth: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  relu: F.relu,
  relu6: F.relu6,
  squaredRelu: F.squaredRelu,
  leakyRelu: (x) => F.leakyRelu(x, 0.3),
  elu: (x) => F.elu(x, 1.7),
  selu: F.selu,
  celu: (x) => F.celu(x, 0.6),
  gelu: (x) => F.gelu(x),
  'gelu tanh': (x) => F.gelu(x, { approximate: 'tanh' }),
  quickGelu: F.quickGelu,
  silu: F.silu,
  mish: F.mish,
  softplus: (x) => F.softplus(x, { beta: 1.4, threshold: 5 }),
  softsign: F.softsign,
  tanh: F.tanh,
  tanhshrink: F.tanhshrink,
  hardtanh: (x) => F.hardtanh(x, -1, 2),
  hardsigmoid: F.hardsigmoid,
  hardswish: F.hardswish,
  softshrink: (x) => F.softshrink(x, 0.4),
  hardshrink: (x) => F.hardshrink(x, 0.4),
  threshold: (x) => F.threshold(x, 0.3, -2),
  sigmoid: F.sigmoid,
  logSigmoid: F.logSigmoid,
  softmax: (x) => F.softmax(x),
  logSoftmax: (x) => F.logSoftmax(x),
  logsumexp: (x) => F.logsumexp(x),
  glu: (x) => F.glu(x),
  swiglu: (x) => F.swiglu(x),
  geglu: (x) => F.geglu(x),
  reglu: (x) => F.reglu(x),
  erf: F.erf,
  expm1: (x) => F.expm1(tf.mul(x, 0.2)),
  lgamma: (x) => F.lgamma(tf.add(tf.abs(x), 0.4)),
  digamma: (x) => F.digamma(tf.add(tf.abs(x), 0.8)),
  snake: (x) => F.snake(x, tf.tensor1d([0.8])),
};

describe.each(testBackends('wasm', 'cpu'))('activations on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it.each(Object.entries(smooth))('%s has the gradient that finite differences give', (_, fn) => {
    const x = tf.tensor1d(points);
    expectGradient((x) => fn(x!), [x], { step: 3e-3 });
    x.dispose();
  });

  it.each(['gelu', 'gelu tanh', 'silu', 'mish', 'celu', 'softsign', 'snake', 'logsumexp', 'lgamma'])(
    '%s has a gradient of its gradient',
    (name) => {
      const x = tf.tensor1d(points);
      const slope = tf.grad((x: tf.Tensor) => tf.sum(smooth[name]!(x)));
      expectGradient((x) => slope(x!), [x], { step: 3e-3 });
      x.dispose();
    },
  );

  it('reach exact values at their limits', () => {
    const x = tf.tensor1d([-100, -30, 0, 30, 100]);
    expectValues(F.gelu(x), [0, 0, 0, 30, 100]);
    expectValues(F.silu(x), [0, 0, 0, 30, 100]);
    expectValues(F.mish(x), [0, 0, 0, 30, 100]);
    expectValues(F.softplus(x), [0, 0, Math.LN2, 30, 100]);
    expectValues(F.logSigmoid(x), [-100, -30, -Math.LN2, 0, 0]);
    expectValues(F.lgamma(tf.tensor1d([1, 2, 3, 11, 0])), [0, 0, Math.LN2, Math.log(3628800), Infinity], {
      atol: 3e-6,
    });
    expectValues(F.digamma(tf.tensor1d([1, 0.5, -1])), [-0.5772156649, -1.963510026, NaN], { atol: 2e-6 });
  });

  it('softmax along any axis sums to one, and is NaN for a row of -inf alone', () => {
    const x = tf.randomNormal([3, 4, 5], 0, 3, 'float32', 1);
    for (const dim of [0, 1, 2, -2])
      expectValues(tf.sum(F.softmax(x, dim), dim), new Float32Array(60 / x.shape.at(dim)!).fill(1));
    const masked = tf.tensor2d([
      [-Infinity, -Infinity],
      [-Infinity, 2],
    ]);
    expectValues(F.softmax(masked), [NaN, NaN, 0, 1]);
    expectValues(F.logsumexp(masked), [-Infinity, 2]);
  });

  it('per-channel parameters get gradients: PReLU, Snake with one parameter and with two', () => {
    const x = tf.tensor2d([...points, ...points.map((p) => -p * 0.7)], [8, 3]);
    const a = tf.tensor1d([0.2, -0.4, 0.9]);
    const b = tf.tensor1d([0.5, 1.5, 0.8]);
    expectGradient((x, a) => F.prelu(x!, a!), [x, a], { step: 3e-3 });
    expectGradient((x, a) => F.prelu(x!, a!), [x, tf.tensor1d([0.3])], { step: 3e-3 });
    expectGradient((x, b) => F.snake(x!, b!), [x, b], { step: 2e-3 });
    expectGradient((x, a, b) => F.snake(x!, a!, { beta: b!, logScale: true }), [x, a, b], { step: 2e-3 });
  });

  it('leave no tensors behind', () => {
    const x = tf.tensor1d(points);
    for (const [name, fn] of Object.entries(smooth)) {
      if (['lgamma', 'digamma', 'expm1', 'snake'].includes(name)) continue; // these make inputs of their own above
      const before = tf.memory().numTensors;
      fn(x).dispose();
      tf.grad((x: tf.Tensor) => tf.sum(fn(x)))(x).dispose();
      expect(tf.memory().numTensors, name).toBe(before);
    }
  });
});

describe('activation layers', () => {
  beforeAll(async () => void (await useTestBackend('wasm')));

  it('are found by the names in configuration files', () => {
    const x = tf.tensor1d([1]);
    expectValues(activationByName('gelu_new').forward(x), [0.841192]);
    expectValues(activationByName('swish').forward(x), [0.731059]);
    expectValues(activationByName('LeakyReLU').forward(tf.scalar(-1)), [-0.01]);
    expect(() => activationByName('gleu')).toThrow(/unknown activation 'gleu'; there are relu, /);
  });

  it('carry the reference names and shapes of their parameters', () => {
    expect([...new PReLU({ numParameters: 5 }).namedParameters()].map(([name]) => name)).toEqual(['weight']);
    const snake = new Snake(6, { beta: true, logScale: true });
    expect([...snake.namedParameters()].map(([name, p]) => [name, p.checkpointShape])).toEqual([
      ['alpha', [1, 6, 1]],
      ['beta', [1, 6, 1]],
    ]);
  });

  it('refuse what cannot work', () => {
    expect(() => F.glu(tf.zeros([2, 3]))).toThrow(InvalidArgumentError);
    expect(() => F.prelu(tf.zeros([2, 3]), tf.zeros([2]))).toThrow(/prelu: weight/);
    expect(() => F.softmax(tf.zeros([2, 3]), 2)).toThrow(/axis 2 does not exist/);
    expect(() => F.snake(tf.zeros([2, 3]), tf.zeros([2]))).toThrow(/2 parameters for 3 channels/);
  });
});
