import { missingBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { functional, useBackend } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { buffersMade, runAlone } from './child.js';

const noNative = await missingBackend('native');
const noGpu = await missingBackend('webgpu');

describe('attention never builds its matrix of scores', () => {
  // 34 MB where this was measured, of which the result and the gradients are 33.6
  it.skipIf(noNative !== null).each([false, true])(
    `trains on 4,096 tokens in 8 heads within 300 MB over the inputs on native, causal: %s`,
    (causal) => {
      const [heads, length, features] = [8, 4096, 64];
      expect(heads * length * length * 4).toBeGreaterThan(500e6);
      const { grown, y, dv, lastDv } = runAlone('attention-step.ts', heads, length, features, Number(causal));
      // all keys are alike: weights are even over those that are seen
      expect(y).toBeCloseTo(0.125, 6);
      const harmonic = Array.from({ length }, (_, i) => 1 / (i + 1)).reduce((sum, x) => sum + x, 0);
      expect(dv).toBeCloseTo(causal ? harmonic : 1, 4);
      expect(lastDv).toBeCloseTo(causal ? 1 / length : 1, 4);
      // the measure does see what is made
      expect(grown).toBeGreaterThan(20e6);
      expect(grown).toBeLessThan(300e6);
    },
  );

  it.skipIf(noGpu !== null)(`on webgpu${noGpu === null ? '' : ` (skipped: ${noGpu})`}`, async () => {
    await useBackend('webgpu');
    const [heads, length, features] = [1, 1024, 16];
    const scores = heads * length * length * 4;
    const made = buffersMade(() => {
      const inputs = [0.5, 0.25, 0.125].map((value) => tf.fill([1, heads, length, features], value));
      const [, , dv] = tf.grads((q, k, v) => functional.scaledDotProductAttention(q!, k!, v!, { isCausal: true }))(
        inputs,
      );
      expect(dv!.dataSync()[(length - 1) * features]).toBeCloseTo(1 / length, 5);
    });
    expect(made.length).toBeGreaterThan(0);
    expect(Math.max(...made)).toBeLessThan(scores / 8);
    expect(made.reduce((sum, size) => sum + size, 0)).toBeLessThan(scores);
  });
});
