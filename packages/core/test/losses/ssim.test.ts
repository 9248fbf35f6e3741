import * as tf from '@tensorflow/tfjs-core';
import { Generator, losses, uniformTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

describe.each(testBackends('wasm', 'cpu'))('SSIM on %s', (backend) => {
  const generator = new Generator(2);
  const picture = (shape: number[]): tf.Tensor => uniformTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
  });

  it('is 0 for equal pictures and symmetric', () => {
    const [x, y] = [picture([2, 16, 14, 3]), picture([2, 16, 14, 3])];
    expectValues(losses.ssim(x, x), [0], { atol: 1e-6 });
    expectClose(losses.ssim(x, y), losses.ssim(y, x));
    expect(losses.ssim(x, y, { reduction: 'none' }).shape).toEqual([2]);
  });

  it('follows the definition where one window covers the picture', () => {
    const [x, y] = [picture([1, 3, 3, 1]), picture([1, 3, 3, 1])];
    const [a, b] = [[...x.dataSync()], [...y.dataSync()]];
    const g = [-1, 0, 1].map((i) => Math.exp(-(i * i) / (2 * 0.8 ** 2)));
    const sum = g.reduce((s, v) => s + v, 0);
    const w = a.map((_, i) => (g[Math.floor(i / 3)]! * g[i % 3]!) / sum ** 2);
    const mean = (f: (i: number) => number): number => w.reduce((s, weight, i) => s + weight * f(i), 0);
    const [ma, mb] = [mean((i) => a[i]!), mean((i) => b[i]!)];
    const [va, vb] = [mean((i) => (a[i]! - ma) ** 2), mean((i) => (b[i]! - mb) ** 2)];
    const cov = mean((i) => (a[i]! - ma) * (b[i]! - mb));
    const [c1, c2] = [(0.01 * 2) ** 2, (0.03 * 2) ** 2];
    const ssim = ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma ** 2 + mb ** 2 + c1) * (va + vb + c2));
    expectValues(losses.ssim(x, y, { windowSize: 3, sigma: 0.8, dataRange: 2 }), [1 - ssim], { rtol: 1e-4 });
  });

  it('has the right gradient', () => {
    const options = { windowSize: 3, sigma: 1, k2: 0.5 };
    const inputs = [picture([1, 5, 6, 2]), picture([1, 5, 6, 2])];
    expectGradient((x, y) => losses.ssim(x, y, options), inputs, { atol: 1e-3, wrt: [0, 1] });
    const large = [picture([1, 6, 6, 1]), picture([1, 6, 6, 1])];
    expectGradient((x, y) => losses.msSsim(x, y, { ...options, weights: [0.4, 0.6] }), large, { atol: 1e-3 });
  });

  it('uses five scales by default, and says how large pictures must be', () => {
    const x = picture([1, 176, 176, 1]);
    expectValues(losses.msSsim(x, x), [0], { atol: 1e-5 });
    expect(() => losses.msSsim(picture([1, 175, 200, 1]), picture([1, 175, 200, 1]))).toThrow(/at least 176 pixels/);
    expect(() => losses.ssim(picture([1, 8, 20, 1]), picture([1, 8, 20, 1]))).toThrow(/at least 11 pixels/);
  });

  it('leaves no tensor behind', () => {
    const [x, y] = [picture([1, 12, 12, 1]), picture([1, 12, 12, 1])];
    const before = tf.memory().numTensors;
    tf.dispose(tf.valueAndGrad((v: tf.Tensor) => losses.ssim(v, y))(x));
    expect(tf.memory().numTensors).toBe(before);
  });
});
