import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { Generator, normalTensor } from '@hourglass/core';
import { expectGradient, useTestBackend } from '@hourglass/core/testing';
import { logSpectralDistance, melDistance } from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

const draw = (shape: number[], seed: number): tf.Tensor => normalTensor(shape, 0, 0.2, new Generator(seed));

it('are 0 for equal sounds and grow with noise', () => {
  tf.tidy(() => {
    const [x, noise] = [draw([2, 4000], 1), draw([2, 4000], 2)];
    const at = (level: number) => tf.add(x, tf.mul(noise, level));
    for (const distance of [(y: tf.Tensor) => melDistance(x, y, 16000), (y: tf.Tensor) => logSpectralDistance(x, y)]) {
      expect(distance(x).dataSync()[0]).toBe(0);
      const [low, middle, high] = [0.01, 0.1, 1].map((level) => distance(at(level)).dataSync()[0]!);
      expect(low).toBeGreaterThan(0);
      expect(middle).toBeGreaterThan(2 * low!);
      expect(high).toBeGreaterThan(2 * middle!);
    }
  });
});

it('count a change of level as what it is', () => {
  tf.tidy(() => {
    const x = draw([1, 4000, 2], 3);
    // half the amplitude is 6.02 dB everywhere, and log10 of 2 in each of seven resolutions
    expect(logSpectralDistance(x, tf.mul(x, 0.5)).dataSync()[0]).toBeCloseTo(6.0206, 3);
    const options = { melBins: [3, 5, 10, 20, 40, 80, 160] };
    expect(melDistance(x, tf.mul(x, 0.5), 16000, options).dataSync()[0]).toBeCloseTo(7 * Math.log10(2), 1);
  });
});

it('train, and free what they make', () => {
  const [x, y] = [draw([1, 64], 4), draw([1, 64], 5)];
  expectGradient((a) => melDistance(a, y, 8000, { windows: [32, 64], melBins: [4, 8] }), [x], { rtol: 5e-2 });
  const before = tf.memory().numTensors;
  melDistance(x, y, 8000).dispose();
  logSpectralDistance(x, y, 64).dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect(() => melDistance(x, tf.slice(y, [0, 0], [1, 60]), 8000)).toThrow('one shape');
  tf.dispose([x, y]);
});
