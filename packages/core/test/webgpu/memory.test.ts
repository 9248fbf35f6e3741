import * as tf from '@tensorflow/tfjs-core';
import { missingBackend } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';

const absent = await missingBackend('webgpu');

const allocated = (): number => (tf.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;

describe.skipIf(absent !== null)(`memory of the GPU${absent === null ? '' : ` (skipped: ${absent})`}`, () => {
  it('does not fill up with buffers of sizes that are not used again', () => {
    const steps = 100;
    let most = 0;
    for (let step = 0; step < steps; step++) {
      // twice 4 MB, each time some bytes more
      tf.tidy(() => void tf.neg(tf.fill([2 ** 20 + 4 * step], 1)));
      most = Math.max(most, allocated());
    }
    expect(steps * 2 ** 23).toBeGreaterThan(2 * most);
    // and what is computed now is right
    expect(tf.tidy(() => tf.sum(tf.neg(tf.fill([1000], 2))).dataSync()[0])).toBe(-2000);
  });

  it('says when a tensor is larger than the device takes', () => {
    expect(() => tf.tidy(() => tf.neg(tf.zeros([2 ** 16, 2 ** 15])))).toThrow(
      /\[65536, 32768\] takes 8,192 MB, but the GPU '.*' has room for/,
    );
    // and goes on
    expect(tf.tidy(() => tf.neg(tf.scalar(2)).dataSync()[0])).toBe(-2);
  });
});
