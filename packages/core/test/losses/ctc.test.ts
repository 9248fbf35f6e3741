import * as tf from '@tensorflow/tfjs-core';
import { Generator, losses, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

/** -log of the summed probability of every path that collapses to the target, path by path. */
function enumerate(logs: readonly number[][], target: readonly number[], blank: number): number {
  const classes = logs[0]!.length;
  let total = 0;
  for (let code = 0; code < classes ** logs.length; code++) {
    const path = logs.map((_, t) => Math.floor(code / classes ** t) % classes);
    const collapsed = path.filter((label, t) => label !== blank && label !== path[t - 1]);
    if (collapsed.join() === target.join())
      total += Math.exp(path.reduce((sum, label, t) => sum + logs[t]![label]!, 0));
  }
  return -Math.log(total);
}

describe.each(testBackends('wasm', 'cpu'))('CTC on %s', (backend) => {
  let x: tf.Tensor;

  beforeAll(async () => {
    await useBackend(backend);
    x = normalTensor([5, 3, 4], 0, 1.5, new Generator(11));
  });

  const logs = (): tf.Tensor => tf.logSoftmax(x, -1);

  it.each([0, 3])('sums over all alignments, also of repeated labels, with blank %d', (blank) => {
    const targets = [
      [1, 1],
      [2, 1, 2],
      [1, 2],
    ];
    const lengths = [5, 5, 3];
    const padded = tf.tensor2d([1, 1, 1, 2, 1, 2, 1, 2, 1], [3, 3], 'int32');
    const loss = losses.ctc(logs(), padded, lengths, [2, 3, 2], { blank, reduction: 'none' });
    const all = logs().arraySync() as number[][][];
    const expected = targets.map((target, n) =>
      enumerate(
        all.slice(0, lengths[n]).map((row) => row[n]!),
        target,
        blank,
      ),
    );
    expectValues(loss, expected);
    const mean = expected.reduce((sum, value, n) => sum + value / targets[n]!.length, 0) / 3;
    expectValues(losses.ctc(logs(), padded, lengths, [2, 3, 2], { blank }), [mean]);
    expectClose(losses.ctc(logs(), [1, 1, 2, 1, 2, 1, 2], lengths, [2, 3, 2], { blank, reduction: 'none' }), loss);
  });

  it('has the right gradient, and none after the end of an input', () => {
    const loss = (values: tf.Tensor): tf.Tensor =>
      losses.ctc(tf.logSoftmax(values, -1), [1, 1, 2, 3, 2], [5, 4, 2], [2, 2, 1], { reduction: 'sum' });
    expectGradient(loss, [x]);
    const gradient = tf.grad(loss)(x);
    expectValues(tf.slice(gradient, [2, 2, 0], [3, 1, 4]), new Float32Array(12));
  });

  it('costs infinity where the target does not fit, or nothing with zeroInfinity', () => {
    const tight = losses.ctc(logs(), [1, 1, 1, 2, 3], [4, 3, 1], [3, 1, 1], { reduction: 'none' });
    expect(tight.dataSync()[0]).toBe(Infinity);
    const zero = losses.ctc(logs(), [1, 1, 1, 2, 3], [4, 3, 1], [3, 1, 1], { zeroInfinity: true, reduction: 'none' });
    expect(zero.dataSync()[0]).toBe(0);
    const gradient = tf.grad((values: tf.Tensor) =>
      losses.ctc(tf.logSoftmax(values, -1), [1, 1, 1, 2, 3], [4, 3, 1], [3, 1, 1], { zeroInfinity: true }),
    )(x);
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
    expectValues(tf.slice(gradient, [0, 0, 0], [5, 1, 4]), new Float32Array(20));
  });

  it('takes an empty target: nothing but blanks', () => {
    const blanks = tf.neg(tf.sum(tf.slice(logs(), [0, 0, 0], [5, 3, 1]), [0, 2]));
    expectClose(losses.ctc(logs(), [], [5, 5, 5], [0, 0, 0], { reduction: 'none' }), blanks);
  });

  it('takes one sample without a batch axis', () => {
    const one = tf.reshape(tf.slice(logs(), [0, 1, 0], [5, 1, 4]), [5, 4]);
    const loss = losses.ctc(one, [1, 2], [5], [2], { reduction: 'none' });
    expect(loss.shape).toEqual([]);
  });

  it('says what is wrong with labels and lengths', () => {
    expect(() => losses.ctc(logs(), [0, 1, 1], [5, 5, 5], [1, 1, 1])).toThrow(/label 0/);
    expect(() => losses.ctc(logs(), [1, 1, 1], [6, 5, 5], [1, 1, 1])).toThrow(/input length is 6/);
    expect(() => losses.ctc(logs(), [1], [5, 5, 5], [1, 1, 1])).toThrow(/too few/);
    expect(() => losses.ctc(logs(), [1], [5, 5], [1, 1, 1])).toThrow(/3 input lengths/);
    expect(() => losses.ctc(logs(), [1, 1, 1], [5, 5, 5], [1, 1, 1], { blank: 4 })).toThrow(/blank/);
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    tf.dispose(tf.valueAndGrad((v: tf.Tensor) => losses.ctc(tf.logSoftmax(v, -1), [1, 2, 3], [5, 5, 5], [1, 1, 1]))(x));
    expect(tf.memory().numTensors).toBe(before);
  });
});
