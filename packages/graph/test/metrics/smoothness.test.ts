import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { smoothness } from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

it('is half the distance of directions, in the mean of the pairs', () => {
  scope(() => {
    // right angles to the first, the opposite of the first, and nothing
    const { value, nodes } = smoothness(tf.tensor2d([[2, 0], [0, 5], [-0.1, 0], [0, 0]])); // prettier-ignore
    const right = Math.SQRT2 / 2;
    const expected = [
      [right, 1, 0.5],
      [right, right, 0.5],
      [1, right, 0.5],
      [0.5, 0.5, 0.5],
    ].map((distances) => distances.reduce((a, b) => a + b) / 3);
    expected.forEach((mean, node) => expect(nodes[node]).toBeCloseTo(mean, 6));
    expect(value).toBeCloseTo(expected.reduce((a, b) => a + b) / 4, 6);
  });
});

it('is 0 for features that point the same way', () => {
  scope(() => {
    expect(smoothness(tf.tensor2d([[1, 2], [2, 4], [0.5, 1]])).value).toBeCloseTo(0, 7); // prettier-ignore
  });
});

it('needs two nodes', () => {
  scope(() => {
    expect(() => smoothness(tf.ones([1, 3]))).toThrow(/two nodes or more, got \[1, 3\]/);
  });
});
