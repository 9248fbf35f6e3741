import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { distinct, uniform } from './tensors.js';

type Fn = (x: tf.Tensor) => tf.Tensor;

const t4 = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;
const gradientOf = (fn: Fn, values: number[]): tf.Tensor => tf.grad((x) => fn(x))(tf.tensor1d(values));

/** Functions with a smooth second derivative, and an input. */
const twice: [string, Fn, () => tf.Tensor][] = [
  ['mul, add and sub', (x) => tf.sub(tf.mul(x, tf.mul(x, x)), tf.add(x, 1)), () => uniform([4], 1)],
  ['div', (x) => tf.div(1, x), () => uniform([4], 1, 0.5, 2)],
  [
    'exp, log, sqrt and rsqrt',
    (x) => tf.add(tf.mul(tf.exp(x), tf.log(x)), tf.add(tf.sqrt(x), tf.rsqrt(x))),
    () => uniform([4], 1, 0.5, 2),
  ],
  [
    'tanh, sigmoid, softplus and erf',
    (x) => tf.mul(tf.add(tf.tanh(x), tf.sigmoid(x)), tf.add(tf.softplus(x), tf.erf(x))),
    () => uniform([4], 1),
  ],
  ['elu and selu', (x) => tf.add(tf.elu(x), tf.selu(x)), () => distinct([6], 1, 0.4)],
  ['softmax', (x) => tf.square(tf.softmax(x)), () => uniform([2, 3], 1)],
  ['matMul', (x) => tf.matMul(tf.square(x), x, true), () => uniform([3, 2], 1)],
  ['einsum', (x) => tf.einsum('ij,kj->ik', tf.square(x), x), () => uniform([2, 3], 1)],
  ['pow', (x) => tf.pow(x, 3), () => uniform([4], 1, 0.5, 2)],
  [
    'mean, slices and concat',
    (x) => tf.square(tf.concat([tf.mean(tf.square(x), 0, true), tf.slice(x, [1, 0], [1, 3])], 0)),
    () => uniform([2, 3], 1),
  ],
  [
    'conv2d',
    (x) => tf.square(tf.conv2d(t4(x), t4(uniform([3, 3, 1, 2], 2)), 2, 'same')),
    () => uniform([1, 5, 5, 1], 1),
  ],
  [
    'conv2d by its filter',
    (w) => tf.square(tf.conv2d(t4(uniform([1, 4, 4, 1], 2)), t4(w), 1, 'valid')),
    () => uniform([2, 2, 1, 2], 1),
  ],
  [
    'conv2d of dilation 2',
    (x) => tf.square(tf.conv2d(t4(x), t4(uniform([2, 2, 1, 1], 2)), 1, 'same', 'NHWC', 2)),
    () => uniform([1, 4, 4, 1], 1),
  ],
  [
    'conv2dTranspose',
    (x) => tf.square(tf.conv2dTranspose(t4(x), t4(uniform([3, 3, 1, 1], 2)), [1, 6, 6, 1], 2, 'same')),
    () => uniform([1, 3, 3, 1], 1),
  ],
  [
    'depthwiseConv2d',
    (x) => tf.square(tf.depthwiseConv2d(t4(x), t4(uniform([2, 2, 2, 2], 2)), 1, 'same')),
    () => uniform([1, 3, 3, 2], 1),
  ],
  ['avgPool', (x) => tf.square(tf.avgPool(t4(x), 2, 2, 'same')), () => uniform([1, 5, 4, 1], 1)],
  ['maxPool', (x) => tf.square(tf.maxPool(t4(x), 2, 2, 'same')), () => distinct([1, 5, 4, 1], 1)],
  [
    'resizeBilinear',
    (x) => tf.square(tf.image.resizeBilinear(t4(x), [5, 6], false, true)),
    () => uniform([1, 3, 4, 1], 1),
  ],
  [
    'resizeNearestNeighbor',
    (x) => tf.square(tf.image.resizeNearestNeighbor(t4(x), [4, 2])),
    () => uniform([1, 3, 4, 1], 1),
  ],
];

for (const backend of testBackends('cpu', 'wasm')) {
  describe(`gradients on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    it.each(twice)('the gradient of the gradient: %s', (_, fn, input) => {
      const given = input();
      const weights = tf.tidy(() => uniform(fn(given).shape, 5));
      const first = (x: tf.Tensor): tf.Tensor => tf.grad((z: tf.Tensor) => tf.sum(tf.mul(fn(z), weights)))(x);
      expectGradient(first, [given], { rtol: 2e-2, atol: 1e-2 });
    });

    it('a penalty on the gradient trains', () => {
      const w = uniform([3, 2], 1);
      const critic = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor => tf.sum(tf.tanh(tf.matMul(x, weight)));
      const penalty = (weight: tf.Tensor): tf.Tensor => {
        const slope = tf.grad((x: tf.Tensor) => critic(x, weight))(uniform([4, 3], 2));
        return tf.square(tf.sub(tf.norm(slope, 2, 1), 1));
      };
      expectGradient(penalty, [w], { atol: 1e-2 });
    });

    it('divides the gradient of a maximum evenly between ties, as torch.amax', () => {
      expectValues(
        gradientOf((x) => tf.max(x), [1, 3, 3, 2]),
        [0, 0.5, 0.5, 0],
      );
      expectValues(
        gradientOf((x) => tf.min(x), [1, 3, 1, 1]),
        [1 / 3, 0, 1 / 3, 1 / 3],
      );
      expectValues(
        gradientOf((x) => tf.maximum(x, 2), [1, 2, 3]),
        [0, 0.5, 1],
      );
      expectValues(
        gradientOf((x) => tf.minimum(x, 2), [1, 2, 3]),
        [1, 0.5, 0],
      );
    });

    it('takes at kinks the derivative that PyTorch takes', () => {
      for (const fn of [tf.relu, tf.relu6, tf.abs, tf.sign, tf.step] as Fn[]) expectValues(gradientOf(fn, [0]), [0]);
      expectValues(
        gradientOf((x) => tf.leakyRelu(x, 0.1), [0]),
        [0.1],
      );
      expectValues(
        gradientOf((x) => tf.relu6(x), [6]),
        [0],
      );
      expectValues(
        gradientOf((x) => tf.clipByValue(x, -1, 1), [-1, 1, 1.5]),
        [1, 1, 0],
      );
    });

    it('makes no NaN where the derivative exists', () => {
      expectValues(
        gradientOf((x) => tf.pow(x, 2), [0, -3]),
        [0, -6],
      );
      expectValues(
        gradientOf((x) => tf.pow(x, 0), [0, 2]),
        [0, 0],
      );
      expectValues(
        gradientOf((x) => tf.pow(tf.scalar(0), x), [2]),
        [0],
      );
      expectValues(
        gradientOf((x) => tf.atan2(x, tf.zerosLike(x)), [0]),
        [0],
      );
      expectValues(
        gradientOf((x) => tf.abs(tf.complex(x, tf.zerosLike(x))), [0, -2]),
        [0, -1],
      );
      expectValues(
        gradientOf((x) => tf.prod(x), [0, 3, 0]),
        [0, 0, 0],
      );
      expectValues(
        gradientOf((x) => tf.softplus(x), [-200, 200]),
        [0, 1],
      );
      expectValues(
        gradientOf((x) => tf.where(tf.greater(x, 0), tf.sqrt(tf.relu(x)), tf.zerosLike(x)), [4]),
        [0.25],
      );
    });

    it('differentiates through integers and booleans as constants', () => {
      const fn: Fn = (x) => {
        const rows = tf.argMax(x);
        const mask = tf.cast(tf.greater(x, 0), 'float32');
        return tf.add(tf.mul(tf.sum(tf.oneHot(tf.cast(rows, 'int32'), 3)), tf.sum(x)), tf.sum(tf.mul(x, mask)));
      };
      expectValues(gradientOf(fn, [1, -2, 3]), [2, 1, 2]);
      expectValues(
        gradientOf((x) => tf.mul(x, tf.tensor1d([1, 2], 'int32')), [1, 1]),
        [1, 2],
      );
    });

    it('adds up the gradients of a tensor that is used in several places', () => {
      expectValues(
        gradientOf((x) => tf.add(tf.add(x, x), tf.mul(x, x)), [3]),
        [8],
      );
      expectValues(
        gradientOf((x) => tf.concat([x, x, tf.neg(x)]), [3, 1]),
        [1, 1],
      );
    });

    it('keeps no activation whose shape is enough', () => {
      const x = uniform([64, 64], 1);
      const held: number[] = [];
      tf.grad((input: tf.Tensor) => {
        const before = tf.memory().numBytes;
        const y = tf.tidy(() => tf.sum(tf.transpose(tf.reshape(tf.add(input, 1), [32, 128]))));
        held.push(tf.memory().numBytes - before);
        return y;
      })(x);
      expect(held[0]).toBeLessThan(1000);
    });

    it('leaves nothing behind, also when the function throws', () => {
      const [x, w] = [uniform([2, 6, 6, 3], 1), uniform([3, 3, 3, 4], 2)];
      const step = (fail: boolean): void =>
        tf.tidy(() => {
          tf.grads((a: tf.Tensor, b: tf.Tensor) => {
            const y = tf.maxPool(tf.relu(tf.conv2d(t4(a), t4(b), 1, 'same')), 2, 2, 'same');
            const spectrum = tf.abs(tf.spectral.rfft(tf.reshape(y, [2, -1])));
            if (fail) throw new Error('on purpose');
            return tf.mean(tf.gather(spectrum, tf.tensor1d([0, 1, 1], 'int32')));
          })([x, w]);
        });
      step(false);
      const before = [tf.memory().numTensors, tf.memory().numDataBuffers, tf.memory().numBytes];
      for (let i = 0; i < 5; i++) step(false);
      expect([tf.memory().numTensors, tf.memory().numDataBuffers, tf.memory().numBytes]).toEqual(before);
      expect(() => step(true)).toThrow('on purpose');
      step(false);
    });
  });
}
