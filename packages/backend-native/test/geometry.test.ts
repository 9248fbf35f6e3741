import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import { beforeAll, expect, it } from 'vitest';
import { agreesWith, given, native, of } from './oracle.js';

beforeAll(async () => {
  await native();
});

// batch, points, candidates, dimensions
const cases: Array<[number, number, number, number]> = [
  [1, 1, 1, 1],
  [2, 5, 3, 2],
  [3, 17, 33, 3],
  [2, 300, 500, 3],
  [2, 9, 40, 7],
];

it.each(cases)('%j clouds, %j points among %j, %j dimensions', async (batch, points, candidates, dimensions) => {
  // few different coordinates, so that there are ties, which the first of equal ones wins
  const a = given([batch, points, dimensions], 'int32', [-4, 5]);
  const b = given([batch, candidates, dimensions], 'int32', [-4, 5]);
  const nearest = Array.from({ length: batch * points }, (_, i) => {
    const cloud = Math.floor(i / points) * candidates;
    const distances = Array.from({ length: candidates }, (__, j) =>
      Array.from(
        { length: dimensions },
        (___, d) => (a.values[i * dimensions + d]! - b.values[(cloud + j) * dimensions + d]!) ** 2,
      ).reduce((sum, square) => sum + square, 0),
    );
    return distances.indexOf(Math.min(...distances));
  });
  await agreesWith(
    [of(a.values, a.shape, 'float32'), of(b.values, b.shape, 'float32')],
    (x, y) => functional.nearestPoints(x, y),
    [{ shape: [batch, points], dtype: 'int32', values: nearest }],
  );
});

it('takes the first candidate where none is nearer than infinity', async () => {
  await native();
  const at = functional.nearestPoints(
    tf.tensor3d([NaN, 0, 1, 1], [1, 2, 2]),
    tf.tensor3d([5, 5, 2, 2, NaN, 1], [1, 3, 2]),
  );
  expect(Array.from(at.dataSync())).toEqual([0, 1]);
});
