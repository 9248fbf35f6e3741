import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { functional, Generator, normalTensor, scope } from '@hourglass/core';
import { expectGradient, useTestBackend } from '@hourglass/core/testing';
import { aggregationOf, type AggregationName } from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const rows = [
  [1, -2],
  [3, 0],
  [-5, 4],
  [2, 7],
  [0.5, -1],
];
// segment 1 has no row, segment 2 an odd number of them
const ids = [2, 0, 2, 0, 2];

const expected: Readonly<Partial<Record<AggregationName, number[][]>>> = {
  sum: [[5, 7], [0, 0], [-3.5, 1]], // prettier-ignore
  add: [[5, 7], [0, 0], [-3.5, 1]], // prettier-ignore
  mean: [[2.5, 3.5], [0, 0], [-3.5 / 3, 1 / 3]], // prettier-ignore
  max: [[3, 7], [0, 0], [1, 4]], // prettier-ignore
  min: [[2, 0], [0, 0], [-5, -2]], // prettier-ignore
  mul: [[6, 0], [1, 1], [-2.5, 8]], // prettier-ignore
  var: [[0.25, 12.25], [0, 0], [8.75 - (3.5 / 3) ** 2, 7 - 1 / 9]], // prettier-ignore
  std: [[0.5, 3.5], [0, 0], [Math.sqrt(8.75 - (3.5 / 3) ** 2), Math.sqrt(7 - 1 / 9)]], // prettier-ignore
};

it.each(Object.keys(expected) as AggregationName[])('%s of segments', (name) => {
  const segments = new functional.Segments(ids, 3);
  scope(() => {
    const y = aggregationOf(name).forward(tf.tensor2d(rows), segments);
    expect(y.shape).toEqual([3, 2]);
    y.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[name]!.flat()[i]!, 5));
  });
  segments.dispose();
});

it('has the gradient of a product, also where a factor is zero', () => {
  const segments = new functional.Segments(ids, 3);
  scope(() => {
    const x = tf.concat([tf.zeros([1, 2]), normalTensor([4, 2], 0, 1, new Generator(1))]);
    expectGradient((x) => aggregationOf('mul').forward(x!, segments), [x]);
  });
  segments.dispose();
});

it('says which aggregations there are', () => {
  expect(() => aggregationOf('most' as AggregationName)).toThrow(
    /unknown aggregation "most"; there are sum, add, mean/,
  );
});
