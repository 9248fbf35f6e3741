import { missingBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { functional, useBackend } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { buffersMade, runAlone } from './child.js';

const noNative = await missingBackend('native');
const noGpu = await missingBackend('webgpu');

// The states of all steps, [B, L, D, N], are N times as large as the input; neither pass may have them at a time.
describe('selective scan never builds the history of its states', () => {
  it.skipIf(noNative !== null)(`on native${noNative === null ? '' : ` (skipped: ${noNative})`}`, () => {
    const [length, channels, states] = [8192, 2048, 16];
    const history = length * channels * states * 4;
    expect(history).toBeGreaterThan(1e9);
    const { grown, needed, first, last } = runAlone('selective-scan-step.ts', length, channels, states);
    // 0.1 · 0.5 · 0.25 · 0.5 · 16 states, gated by silu(1), and the sum of the geometric series
    const one = (0.1 * 0.5 * 0.25 * 0.5 * 16) / (1 + Math.exp(-1));
    expect(first).toBeCloseTo(one, 5);
    expect(last).toBeCloseTo(one / (1 - Math.exp(-0.1)), 4);
    expect(grown! - needed!).toBeLessThan(300e6);
  });

  it.skipIf(noGpu !== null)(`on webgpu${noGpu === null ? '' : ` (skipped: ${noGpu})`}`, async () => {
    await useBackend('webgpu');
    const [length, channels, states] = [512, 96, 16];
    const history = length * channels * states * 4;
    const made = buffersMade(() => {
      const x = tf.fill([1, length, channels], 0.5);
      const rows = tf.fill([1, length, states], 0.25);
      const inputs = [x, tf.mul(x, 0.2), tf.fill([channels, states], -1), rows, tf.add(rows, 0)];
      const gradients = tf.grads((u, delta, A, B, C) => functional.selectiveScan(u!, delta!, A!, B!, C!, { z: x }))(
        inputs,
      );
      for (const gradient of gradients) gradient.dataSync();
    });
    expect(made.length).toBeGreaterThan(0);
    expect(Math.max(...made)).toBeLessThan(history / 8);
    // all of them together, those of the test included
    expect(made.reduce((sum, size) => sum + size, 0)).toBeLessThan(history * 1.5);
  });
});
