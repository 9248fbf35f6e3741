import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, InvalidArgumentError, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { ballQuery, farthestPointSample, knn } = functional;

describe.each(testBackends('webgpu', 'native', 'wasm', 'cpu'))('neighbours and samples on %s', (backend) => {
  const generator = new Generator(5);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it('finds the nearest, of equally near ones the first', () => {
    const a = tf.tensor3d([0, 0, 10, 10], [1, 2, 2]);
    const b = tf.tensor3d([9, 9, 1, 0, 0, -1, 2, 0], [1, 4, 2]);
    const { indices, distances } = knn(a, b, 3);
    expect(indices.dtype).toBe('int32');
    expectValues(indices, [1, 2, 3, 0, 3, 1]);
    expectValues(distances, [1, 1, 4, 2, 164, 181]);
    expect(distances.shape).toEqual([1, 2, 3]);
  });

  it('agrees with sorting all distances, for many neighbours too', () => {
    const [a, b] = [random(2, 9, 5), random(2, 90, 5)];
    const all = tf.sum(tf.square(tf.sub(tf.expandDims(a, 2), tf.expandDims(b, 1))), 3);
    for (const k of [1, 6, 64, 90]) {
      const sorted = tf.topk(tf.neg(all), k);
      const { indices, distances } = knn(a, b, k);
      expectValues(indices, sorted.indices.dataSync());
      expectClose(distances, tf.neg(sorted.values));
    }
  });

  it('has gradients in both clouds, and gradients of those', () => {
    // so far apart that no order changes within a finite difference
    const scale = tf.tensor3d([3, 1, 0.3, 2, 0.6, 4], [1, 6, 1]);
    const directions = tf.tensor3d([1, 0, 1, 0, 1, 1, 1, 1, 0], [1, 3, 3]);
    const [a, b] = [
      tf.mul(0.02, random(2, 4, 3)),
      tf.add(tf.mul(0.02, random(2, 6, 3)), tf.mul(scale, tf.tile(directions, [1, 2, 1]))),
    ];
    const distances = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => knn(a, b, 3).distances;
    expectGradient((a, b) => distances(a!, b!), [a, b]);
    const steepness = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
      const [da, db] = tf.grads((a, b) => tf.sum(tf.square(distances(a!, b!))))([a, b]);
      return tf.concat([tf.square(da!), tf.square(db!)], 1);
    };
    expectGradient((a, b) => steepness(a!, b!), [a, b]);
  });

  it('samples the farthest, of equally far ones the first', () => {
    const square = [0, 0, 1, 0, 0, 1, 1, 1, 0.5, 0.5];
    const x = tf.tensor3d([...square, ...square.map((v) => v * 2)], [2, 5, 2]);
    expectValues(farthestPointSample(x, 5), [0, 3, 1, 2, 4, 0, 3, 1, 2, 4]);
    expectValues(farthestPointSample(x, 2, { start: 4 }), [4, 0, 4, 0]);
    expectValues(farthestPointSample(x, 2, { start: [1, 2] }), [1, 2, 2, 1]);
    expect(farthestPointSample(x, 1).shape).toEqual([2, 1]);
  });

  it('samples points that cover a cloud', () => {
    const x = random(2, 500, 3);
    const gap = (indices: tf.Tensor): number => {
      const chosen = tf.gather(x, indices as tf.Tensor2D, 1, 1);
      return tf.max(functional.nearestDistances(x, chosen)).dataSync()[0]!;
    };
    const farthest = farthestPointSample(x, 40);
    expect(new Set(farthest.dataSync()).size).toBeGreaterThan(40);
    const first = tf.tile(tf.expandDims(tf.range(0, 40, 1, 'int32'), 0), [2, 1]);
    expect(gap(farthest)).toBeLessThan(gap(first) / 2);
  });

  it('takes the points in balls', () => {
    const points = tf.tensor3d([0, 1, 5, 2, 0.5], [1, 5, 1]);
    const centres = tf.tensor3d([0, 5, 20], [1, 3, 1]);
    // the point at 2 is not nearer than 2
    expectValues(ballQuery(centres, points, { radius: 2, count: 4 }), [0, 1, 4, 0, 2, 2, 2, 2, 0, 0, 0, 0]);
    expectValues(
      ballQuery(centres, points, { radius: 2, count: 4, padding: 'missing' }),
      [0, 1, 4, -1, 2, -1, -1, -1, -1, -1, -1, -1],
    );
    expectValues(ballQuery(centres, points, { radius: 3, count: 2 }), [0, 1, 2, 2, 0, 0]);
  });

  it('takes constants of differentiation into functions that are differentiated', () => {
    const x = random(1, 30, 3);
    const spread = (x: tf.Tensor): tf.Tensor => {
      const chosen = tf.gather(x, farthestPointSample(x, 4) as tf.Tensor2D, 1, 1);
      const near = tf.gather(x, ballQuery(chosen, x, { radius: 1, count: 3 }) as tf.Tensor3D, 1, 1);
      return tf.sum(tf.square(tf.sub(near, tf.expandDims(chosen, 2))));
    };
    expectGradient((x) => spread(x!), [x]);
  });

  it('says what is wrong', () => {
    const [a, b] = [random(2, 4, 3), random(2, 6, 3)];
    expect(() => knn(a, b, 7)).toThrow('from 1 to 6, got 7');
    expect(() => knn(a, b, 0)).toThrow(InvalidArgumentError);
    expect(() => knn(a, random(2, 6, 2), 1)).toThrow('equal batch and dimensions');
    expect(() => farthestPointSample(a, 5)).toThrow('from 1 to 4, got 5');
    expect(() => farthestPointSample(a, 2, { start: 4 })).toThrow('start must be a whole number in [0, 4)');
    expect(() => farthestPointSample(a, 2, { start: [0] })).toThrow('or 2 of them');
    expect(() => farthestPointSample(tf.zeros([2, 0, 3]), 1)).toThrow('no points');
    expect(() => ballQuery(a, b, { radius: 0, count: 1 })).toThrow('radius');
    expect(() => ballQuery(a, b, { radius: 1, count: 0 })).toThrow('count');
    expect(() => ballQuery(tf.cast(a, 'int32'), b, { radius: 1, count: 1 })).toThrow('must be float32');
  });

  it('leaves nothing behind', () => {
    const [a, b] = [random(2, 40, 3), random(2, 50, 3)];
    const before = tf.memory().numTensors;
    const { indices, distances } = knn(a, b, 3);
    const others = [
      farthestPointSample(b, 7),
      ballQuery(a, b, { radius: 1, count: 4 }),
      functional.nearestPoints(a, b),
    ];
    tf.dispose([indices, distances, ...others]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
