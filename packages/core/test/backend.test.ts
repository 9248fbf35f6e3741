import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { describe, expect, it } from 'vitest';

describe('useBackend', () => {
  it('starts wasm and cpu in Node with nothing to configure', async () => {
    for (const name of ['wasm', 'cpu'] as const) {
      expect((await useBackend(name)).name).toBe(name);
      expect(tf.getBackend()).toBe(name);
      expect(tf.add(1, 2).dataSync()[0]).toBe(3);
    }
    expect(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')).toBe(true);
  });

  it('auto says what it chose, why, and what it passed over', async () => {
    const choice = await useBackend('auto');
    expect(choice.reason).toContain(choice.name);
    for (const { why } of choice.rejected) expect(why).toMatch(/npm install|does not/);
  });

  it('a missing binding is an error that says what to install', async () => {
    await expect(useBackend('tensorflow')).rejects.toThrow(/npm install @tensorflow\/tfjs-node/);
  });

  it('an unknown name is an error that lists the names', async () => {
    await expect(useBackend('cuda' as 'cpu')).rejects.toThrow(/unknown backend 'cuda'; there are auto, tensorflow/);
  });
});
