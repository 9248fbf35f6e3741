import * as tf from '@tensorflow/tfjs-core';
import { Generator, losses, normalTensor, useBackend } from '@hourglass/core';
import { capability, expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const checks = capability('checks of values');

describe.each(testBackends('wasm', 'cpu'))('margin and contrastive losses on %s', (backend) => {
  const generator = new Generator(5);
  const rows = (n = 6): tf.Tensor => normalTensor([n, 4], 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
  });

  it.each([1, 2, 3, Infinity])('triplet margin with norm %d has the right gradient', (p) => {
    const loss = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor =>
      losses.tripletMargin(a, b, c, { p, swap: true, margin: 2 });
    expectGradient((...x) => loss(x[0]!, x[1]!, x[2]!), [rows(), rows(), rows()], { step: 1e-3, atol: 5e-3 });
  });

  it('triplet margin is 0 when the negative is far enough', () => {
    const [a, far] = [tf.zeros([1, 3]), tf.fill([1, 3], 9)];
    expectValues(losses.tripletMargin(a, a, far), [0], { atol: 1e-5 });
    expectValues(losses.tripletMargin(a, a, a, { margin: 0.7 }), [0.7], { atol: 1e-5 });
  });

  it('cosine embedding looks at angles alone', () => {
    const a = tf.tensor2d([1, 0, 2, 0], [2, 2]);
    const b = tf.tensor2d([5, 0, 0, 3], [2, 2]);
    expectValues(losses.cosineEmbedding(a, b, tf.tensor1d([1, 1]), { reduction: 'none' }), [0, 1], { atol: 1e-6 });
    expectValues(losses.cosineEmbedding(a, b, tf.tensor1d([-1, -1]), { margin: 0.25, reduction: 'none' }), [0.75, 0]);
    const y = tf.tensor1d([1, -1, 1, -1, -1, 1]);
    expectGradient((p, q) => losses.cosineEmbedding(p, q, y, { margin: -0.5 }), [rows(), rows()]);
  });

  it('margin ranking asks for an order', () => {
    const [a, b] = [tf.tensor1d([1, 1]), tf.tensor1d([0, 0])];
    const loss = losses.marginRanking(a, b, tf.tensor1d([1, -1]), { margin: 0.5, reduction: 'none' });
    expectValues(loss, [0, 1.5]);
  });

  it('multi margin leaves the own class out', () => {
    const x = tf.tensor2d([0.1, 0.2, 0.9], [1, 3]);
    const y = tf.tensor1d([2], 'int32');
    expectValues(losses.multiMargin(x, y), [(0.2 + 0.3) / 3]);
    expectValues(losses.multiMargin(x, y, { p: 2, weight: tf.tensor1d([1, 1, 2]) }), [(2 * (0.04 + 0.09)) / 3]);
  });

  it.skipIf(checks.isMissing)(checks.title('multi margin names a label that is no class'), () => {
    expect(() => losses.multiMargin(tf.zeros([1, 3]), tf.tensor1d([3], 'int32'))).toThrow(/class 3/);
  });

  it('InfoNCE falls when partners agree, and has the right gradient', () => {
    const a = rows();
    const agree = losses.infoNce(a, a).dataSync()[0]!;
    const disagree = losses.infoNce(a, tf.reverse(a, 0)).dataSync()[0]!;
    expect(agree).toBeLessThan(disagree);
    expectGradient((x, y) => losses.infoNce(x, y, { temperature: 0.5 }), [rows(), rows()]);
    expectGradient((x, y) => losses.infoNce(x, y, { temperature: 0.5, symmetric: false }), [rows(), rows()]);
  });

  it('NT-Xent treats both views alike, and has the right gradient', () => {
    const [a, b] = [rows(), rows()];
    expectClose(losses.ntXent(a, b), losses.ntXent(b, a));
    expectGradient((x, y) => losses.ntXent(x, y), [a, b]);
  });

  it('leaves no tensor behind', () => {
    const [a, b] = [rows(), rows()];
    const before = tf.memory().numTensors;
    tf.dispose(tf.grads((x, y) => tf.add(losses.ntXent(x, y), losses.tripletMargin(x, y, y)))([a, b]));
    expect(tf.memory().numTensors).toBe(before);
  });
});
