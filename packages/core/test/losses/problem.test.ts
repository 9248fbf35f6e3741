import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { losses } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';

const { problemLoss } = losses;
const valueOf = (x: tf.Tensor): number => x.dataSync()[0]!;

beforeAll(() => useTestBackend('wasm'));

describe('problemLoss', () => {
  const scores = (): tf.Tensor2D =>
    tf.tensor2d([
      [1, -2, 0.5],
      [0.25, 3, -1],
    ]);

  it('takes integers for single labels, floats for many, and one output for regression', () => {
    const logits = scores();
    const single = tf.tensor1d([2, 1], 'int32');
    expect(valueOf(problemLoss(logits, single))).toBeCloseTo(valueOf(losses.crossEntropy(logits, single)), 6);
    const many = tf.tensor2d([
      [0, 1, 1],
      [1, 0, 0],
    ]);
    const sigmoid = [...logits.dataSync()].map((x) => 1 / (1 + Math.exp(-x)));
    const entropies = [...many.dataSync()].map((y, i) => -Math.log(y === 1 ? sigmoid[i]! : 1 - sigmoid[i]!));
    expect(valueOf(problemLoss(logits, many))).toBeCloseTo(entropies.reduce((a, b) => a + b) / 6, 5);
    const amounts = tf.tensor1d([0.5, 2]);
    expect(valueOf(problemLoss(tf.tensor2d([[1], [4]]), amounts))).toBeCloseTo((0.25 + 4) / 2, 6);
  });

  it('follows a problem_type against the guess', () => {
    const logits = scores();
    const amounts = tf.tensor2d([
      [0, 1, 1],
      [1, 0, 0],
    ]);
    const expected = valueOf(tf.mean(tf.squaredDifference(logits, amounts)));
    expect(valueOf(problemLoss(logits, amounts, 'regression'))).toBeCloseTo(expected, 6);
  });
});
