import { missingBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, uniformTensor, useBackend } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { buffersMade, runAlone } from './child.js';

const noNative = await missingBackend('native');
const noGpu = await missingBackend('webgpu');

// Distances of all pairs of points, [n, m], are too many for clouds of real size.
describe('searches among points never build the matrix of all pairs', () => {
  it.skipIf(noNative !== null)(`on native${noNative === null ? '' : ` (skipped: ${noNative})`}`, () => {
    const points = 20_000;
    expect(points * points * 4).toBeGreaterThan(1.5e9);
    const { grown, distance } = runAlone('chamfer-step.ts', points, 16);
    expect(grown).toBeLessThan(100e6);
    // the mean square of the distance to the nearest of n points in a unit cube, where edges do not matter: Γ(5/3) / (4/3 π n)^(2/3)
    const expected = (2 * 0.9027) / ((4 / 3) * Math.PI * points) ** (2 / 3);
    expect(distance! / expected).toBeGreaterThan(0.95);
    expect(distance! / expected).toBeLessThan(1.15);
  });

  it.skipIf(noGpu !== null)(`on webgpu${noGpu === null ? '' : ` (skipped: ${noGpu})`}`, async () => {
    await useBackend('webgpu');
    const [n, m] = [1500, 1400];
    const generator = new Generator(1);
    const made = buffersMade(() => {
      const [a, b] = [uniformTensor([1, n, 3], 0, 1, generator), uniformTensor([1, m, 3], 0, 1, generator)];
      const chamfer = tf.grads((a, b) => functional.chamferDistance(a!, b!))([a, b]);
      const neighbours = tf.grads((a, b) => functional.knn(a!, b!, 8).distances)([a, b]);
      const chosen = functional.farthestPointSample(a, 100);
      const centres = tf.gather(a, chosen as tf.Tensor2D, 1, 1);
      const balls = functional.ballQuery(centres, b, { radius: 0.2, count: 8 });
      const { codes } = functional.vectorQuantize(tf.squeeze(a, [0]), tf.squeeze(b, [0]));
      for (const result of [...chamfer, ...neighbours, balls, codes]) result.dataSync();
    });
    expect(made.length).toBeGreaterThan(0);
    // one dimension of the matrix alone is larger than all that is made
    expect(made.reduce((sum, size) => sum + size, 0)).toBeLessThan(n * m * 4);
  });
});
