import * as tf from '@tensorflow/tfjs-core';
import { AdaptiveAvgPool2d, functional, Generator, MaxPool2d, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const f = functional;

describe.each(testBackends('wasm', 'cpu'))('pooling on %s', (backend) => {
  const generator = new Generator(3);
  /** Distinct values, well apart, so that finite differences meet no ties. */
  const distinct = (...shape: number[]): tf.Tensor => {
    const size = shape.reduce((n, d) => n * d, 1);
    return tf.tensor(
      Float32Array.from(generator.permutation(size), (v) => v / 4),
      shape,
    );
  };

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it('pads maxima with minus infinity', () => {
    const x = tf.tensor([-5, -3, -4], [1, 3, 1]);
    expectValues(f.maxPool1d(x, { kernelSize: 2, padding: 1 }), [-5, -3]);
  });

  it('sends the gradient of a tie to its first element, also among negative ones', () => {
    const x = tf.fill([1, 4, 4, 1], -2);
    const gradient = tf.grad((v: tf.Tensor) => f.maxPool2d(v, { kernelSize: 3, stride: 1, padding: 1 }))(x);
    // what torch 2 gives for these windows
    expectValues(gradient, [4, 2, 2, 0, 2, 1, 1, 0, 2, 1, 1, 0, 0, 0, 0, 0]);
  });

  it('begins a last window in the padding only when ceilMode allows it', () => {
    const x = distinct(1, 5, 1);
    expect(f.maxPool1d(x, { kernelSize: 2, stride: 2 }).shape).toEqual([1, 2, 1]);
    expect(f.maxPool1d(x, { kernelSize: 2, stride: 2, ceilMode: true }).shape).toEqual([1, 3, 1]);
    expect(f.maxPool1d(x, { kernelSize: 2, stride: 3, padding: 1, ceilMode: true }).shape).toEqual([1, 2, 1]);
    expectValues(f.avgPool1d(tf.ones([1, 5, 1]), { kernelSize: 3, stride: 2, padding: 1, ceilMode: true }), [
      2 / 3,
      1,
      2 / 3,
    ]);
  });

  it('counts padding in a mean as asked', () => {
    const x = tf.ones([1, 2, 2, 1]);
    const options = { kernelSize: 2, stride: 2, padding: 1 };
    expectValues(f.avgPool2d(x, options), [0.25, 0.25, 0.25, 0.25]);
    expectValues(f.avgPool2d(x, { ...options, countIncludePad: false }), [1, 1, 1, 1]);
    expectValues(f.avgPool2d(x, { ...options, divisorOverride: 2 }), [0.5, 0.5, 0.5, 0.5]);
  });

  it('returns places that find the maxima again', () => {
    const x = distinct(2, 5, 6, 3);
    const { values, indices } = f.maxPool2dWithIndices(x, { kernelSize: 2, stride: 2 });
    const restored = f.maxUnpool(values, indices, [5, 6]);
    expectClose(tf.max(restored, [1, 2]), tf.max(x, [1, 2]));
    const again = f.maxPool2d(restored, { kernelSize: 2, stride: 2 });
    expectClose(again, values);
  });

  it('covers any size evenly', () => {
    const x = distinct(1, 5, 7, 2);
    expectClose(f.adaptiveAvgPool2d(x, 1), tf.mean(x, [1, 2], true));
    expectClose(f.adaptiveMaxPool2d(x, [null, 1]), tf.max(x, 2, true));
    expect(f.adaptiveAvgPool2d(x, [8, 3]).shape).toEqual([1, 8, 3, 2]);
  });

  it('has right gradients', () => {
    const x = distinct(1, 5, 4, 2);
    const step = { step: 1e-2 };
    expectGradient((v) => f.maxPool2d(v, { kernelSize: 3, stride: 2, padding: 1, ceilMode: true }), [x], step);
    expectGradient((v) => f.maxPool2d(v, { kernelSize: 2, dilation: 2, stride: 1 }), [x], step);
    expectGradient((v) => f.adaptiveMaxPool2d(v, [3, 2]), [x], step);
    expectGradient((v) => f.avgPool2d(v, { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }), [x], step);
    expectGradient((v) => f.adaptiveAvgPool2d(v, [2, 3]), [x], step);
    expectGradient((v) => f.lpPool2d(v, 2, { kernelSize: 2 }), [tf.add(x, 1)], step);
    const { indices } = f.maxPool2dWithIndices(x, { kernelSize: 2 });
    expectGradient((v) => f.maxUnpool(v, indices, [5, 4]), [distinct(1, 2, 2, 2)], step);
  });

  it('can be differentiated twice', () => {
    const x = normalTensor([1, 4, 4, 1], 0, 1, generator);
    const first = (v: tf.Tensor): tf.Tensor =>
      tf.grad((u: tf.Tensor) => tf.sum(tf.square(f.maxPool2d(u, { kernelSize: 2 }))))(v);
    // the second derivative of y^2 is 2 at each maximum
    expectValues(tf.sum(tf.grad((v: tf.Tensor) => tf.sum(first(v)))(x)), [8]);
  });

  it('leaves no tensors behind', () => {
    const x = distinct(1, 6, 6, 2);
    const [max, mean] = [new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }), new AdaptiveAvgPool2d(2)];
    const before = tf.memory().numTensors;
    mean.forward(x).dispose();
    max.forward(x).dispose();
    tf.dispose(f.maxPool2dWithIndices(x, { kernelSize: 2 }) as unknown as tf.TensorContainer);
    tf.grad((v: tf.Tensor) => tf.sum(mean.forward(max.forward(v))))(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what does not fit', () => {
    const x = tf.zeros([1, 4, 4, 1]);
    expect(() => f.maxPool2d(x, { kernelSize: 2, padding: 2 })).toThrow('at most half');
    expect(() => f.avgPool2d(x, { kernelSize: 5 })).toThrow('do not fit');
    expect(() => f.avgPool2d(x, { kernelSize: 2, divisorOverride: 0 })).toThrow('must not be 0');
    expect(() => f.adaptiveAvgPool2d(x, [2, 2, 2])).toThrow('needs 2 entries');
    expect(() => f.maxPool3d(tf.zeros([4, 4, 1]), { kernelSize: 2 })).toThrow('shape [4, 4, 1]');
  });
});
