import * as tf from '@tensorflow/tfjs-core';
import { Generator, InvalidArgumentError, losses, normalTensor, uniformTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

type Loss = (x: tf.Tensor, y: tf.Tensor, options?: { reduction?: 'none' | 'sum' | 'mean' }) => tf.Tensor;

const generator = new Generator(3);
const real = (): tf.Tensor => normalTensor([4, 5], 0, 1.5, generator);
const share = (): tf.Tensor => uniformTensor([4, 5], 0.1, 0.9, generator);
const sign = (shape: number[]): tf.Tensor => tf.sign(normalTensor(shape, 0, 1, generator));

/** Loss, what makes its two inputs, and which of them are differentiated here. */
const pairs: Record<string, readonly [Loss, () => tf.Tensor, () => tf.Tensor, readonly number[]]> = {
  mse: [losses.mse, real, real, [0, 1]],
  l1: [losses.l1, real, real, [0, 1]],
  huber: [(x, y, o) => losses.huber(x, y, { delta: 0.6, ...o }), real, real, [0, 1]],
  smoothL1: [(x, y, o) => losses.smoothL1(x, y, { beta: 0.6, ...o }), real, real, [0, 1]],
  'smoothL1 with beta 0': [(x, y, o) => losses.smoothL1(x, y, { beta: 0, ...o }), real, real, [0, 1]],
  poissonNll: [(x, y, o) => losses.poissonNll(x, y, { full: true, ...o }), real, () => tf.add(share(), 2), [0, 1]],
  'poissonNll of rates': [(x, y, o) => losses.poissonNll(x, y, { logInput: false, ...o }), share, share, [0]],
  binaryCrossEntropy: [losses.binaryCrossEntropy, share, share, [0, 1]],
  bceWithLogits: [losses.bceWithLogits, real, share, [0, 1]],
  softMargin: [losses.softMargin, real, () => sign([4, 5]), [0]],
  sigmoidFocal: [(x, y, o) => losses.sigmoidFocal(x, y, { gamma: 1.5, ...o }), real, share, [0]],
  klDiv: [losses.klDiv, real, share, [0, 1]],
  'klDiv of logarithms': [(x, y, o) => losses.klDiv(x, y, { logTarget: true, ...o }), real, real, [0, 1]],
  hingeEmbedding: [losses.hingeEmbedding, real, () => sign([4, 5]), [0]],
};

describe.each(testBackends('wasm', 'cpu'))('elementwise losses on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  describe.each(Object.entries(pairs))('%s', (_, [loss, first, second, wrt]) => {
    it('has consistent reductions, the right gradient, and leaves no tensor behind', () => {
      const [x, y] = [first(), second()];
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const none = loss(x, y, { reduction: 'none' });
        expect(none.shape).toEqual([4, 5]);
        expectClose(loss(x, y, { reduction: 'sum' }), tf.sum(none), { rtol: 1e-5, atol: 1e-5 });
        expectClose(loss(x, y, { reduction: 'mean' }), tf.mean(none));
        expectGradient((...args) => loss(args[0]!, args[1]!), [x, y], { wrt, step: 1e-3 });
      });
      loss(x, y).dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    it('refuses a target of another shape', () => {
      expect(() => loss(first(), tf.zeros([5, 4]))).toThrow(InvalidArgumentError);
    });
  });

  it('weighs elements and divides by the weights', () => {
    const [x, y] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([0, 0, 0])];
    const weight = tf.tensor1d([1, 0, 3]);
    expectValues(losses.mse(x, y, { weight }), [28 / 4]);
    expectValues(losses.l1(x, y, { weight, reduction: 'sum' }), [10]);
  });

  it('keeps binary cross entropy finite where the probability is 0 or 1', () => {
    const loss = losses.binaryCrossEntropy(tf.tensor1d([0, 1, 1]), tf.tensor1d([1, 1, 0]), { reduction: 'none' });
    expectValues(loss, [100, 0, 100]);
  });

  it('weighs positives, the last axis being the classes', () => {
    const [x, y] = [tf.zeros([2, 2]), tf.tensor2d([1, 1, 0, 1], [2, 2])];
    const loss = losses.bceWithLogits(x, y, { posWeight: tf.tensor1d([2, 3]), reduction: 'none' });
    expectValues(tf.div(loss, Math.LN2), [2, 3, 1, 3]);
  });

  it('averages multilabel losses over the classes', () => {
    const [x, y] = [real(), sign([4, 5])];
    const binary = losses.bceWithLogits(x, tf.relu(y), { reduction: 'none' });
    expectClose(losses.multilabelSoftMargin(x, tf.relu(y), { reduction: 'none' }), tf.mean(binary, -1));
  });

  it('takes 0 log 0 as 0 in the divergence, and divides batchmean by the samples', () => {
    const target = tf.tensor2d([0, 1, 0.5, 0.5], [2, 2]);
    const x = tf.log(tf.fill([2, 2], 0.5));
    expectValues(losses.klDiv(x, target, { reduction: 'batchmean' }), [Math.LN2 / 2]);
    const gradient = tf.grad((t: tf.Tensor) => losses.klDiv(x, t, { reduction: 'sum' }))(target);
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it('gives the divergence of a Gaussian from the unit Gaussian', () => {
    const [mean, logVariance] = [real(), real()];
    expectValues(losses.gaussianKl(tf.zeros([3, 2]), tf.zeros([3, 2])), [0]);
    expectValues(losses.gaussianKl(tf.tensor2d([[3, 4]]), tf.zeros([1, 2])), [12.5]);
    expectGradient((m, v) => losses.gaussianKl(m, v), [mean, logVariance], { step: 1e-3 });
  });

  it('gives the Gaussian likelihood with shared and with clamped variances', () => {
    const [x, y] = [real(), real()];
    const variance = uniformTensor([4], 0.5, 2, generator);
    expectGradient((a, b, v) => losses.gaussianNll(a, b, v, { full: true }), [x, y, variance], { step: 1e-3 });
    const gradient = tf.grad((v: tf.Tensor) => losses.gaussianNll(tf.zeros([1]), tf.ones([1]), v, { eps: 0.5 }))(
      tf.tensor1d([0.1]),
    );
    expectValues(gradient, [0.5 * (1 / 0.5 - 1 / 0.25)]);
  });
});
