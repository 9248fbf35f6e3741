import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, kernels, MultiheadAttention, useBackend } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadAddon, type Addon, type NativeBackend } from '../src/index.js';

let addon: Addon;
let backend: NativeBackend;
beforeAll(async () => {
  await useBackend('native');
  addon = await loadAddon();
  backend = tf.backend() as NativeBackend;
});
afterEach(() => {
  addon.setIsa(addon.isas().at(-1)!);
  addon.setThreads(2);
});

interface Case {
  readonly q: number[];
  readonly k: number[];
  /** Features of the values; default those of the queries. */
  readonly outputs?: number;
  readonly mask?: number[];
  readonly maskType?: 'bool' | 'float32';
  readonly isCausal?: boolean;
  readonly enableGqa?: boolean;
  readonly scale?: number;
}

const cases: Record<string, Case> = {
  'one number': { q: [1, 1, 1, 1], k: [1, 1, 1, 1] },
  'odd sizes': { q: [2, 3, 5, 7], k: [2, 3, 11, 7], outputs: 3 },
  'without a batch': { q: [19, 17], k: [23, 17] },
  'heads alone': { q: [3, 19, 33], k: [3, 23, 33], isCausal: true },
  'one query': { q: [2, 2, 1, 24], k: [2, 2, 70, 24] },
  'one key': { q: [2, 2, 37, 24], k: [2, 2, 1, 24], isCausal: true },
  'several blocks of keys': { q: [1, 2, 70, 20], k: [1, 2, 600, 20] },
  'several blocks, causal': { q: [1, 2, 530, 20], k: [1, 2, 530, 20], isCausal: true },
  'causal, more queries': { q: [1, 1, 330, 16], k: [1, 1, 290, 16], isCausal: true },
  'causal, more keys': { q: [1, 1, 290, 16], k: [1, 1, 330, 16], isCausal: true },
  'wide heads': { q: [1, 2, 34, 256], k: [1, 2, 65, 256], outputs: 200 },
  scale: { q: [2, 1, 9, 16], k: [2, 1, 9, 16], scale: 0.7 },
  'shared heads': { q: [2, 6, 15, 16], k: [2, 2, 21, 16], enableGqa: true, isCausal: true },
  'one shared head': { q: [1, 4, 40, 18], k: [1, 1, 520, 18], enableGqa: true },
  'a mask for all': { q: [2, 2, 20, 16], k: [2, 2, 30, 16], mask: [20, 30] },
  'a mask of keys': { q: [2, 3, 20, 16], k: [2, 3, 300, 16], mask: [2, 1, 1, 300], maskType: 'bool' },
  'a mask of queries': { q: [2, 3, 20, 16], k: [2, 3, 30, 16], mask: [3, 20, 1], maskType: 'bool' },
  'a mask of heads': { q: [2, 3, 20, 16], k: [2, 3, 30, 16], mask: [3, 20, 30], isCausal: true },
  'a mask of two leading axes': { q: [2, 3, 2, 20, 8], k: [2, 3, 2, 30, 8], mask: [3, 1, 20, 30], maskType: 'bool' },
  'a mask of another leading axis': { q: [2, 3, 2, 20, 8], k: [2, 3, 2, 30, 8], mask: [2, 1, 2, 1, 30] },
};

function tensors(
  c: Case,
  seed = 1,
): { inputs: [tf.Tensor, tf.Tensor, tf.Tensor]; mask: tf.Tensor | null; dy: tf.Tensor } {
  const generator = new Generator(seed);
  const random = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => generator.normal()),
      shape,
    );
  const outputs = c.outputs ?? c.q.at(-1)!;
  let mask: tf.Tensor | null = c.mask === undefined ? null : random(c.mask);
  // row by row at least a fifth is not seen, and the first row of all sees nothing
  if (mask !== null && c.maskType === 'bool') {
    const seen = Uint8Array.from(mask.dataSync(), (x) => (x > -0.8 ? 1 : 0));
    seen.fill(0, 0, c.mask!.at(-1));
    mask = tf.tensor(seen, c.mask, 'bool');
  }
  return {
    inputs: [random(c.q), random(c.k), random([...c.k.slice(0, -1), outputs])],
    mask,
    dy: random([...c.q.slice(0, -1), outputs]),
  };
}

/** The result and the gradients by q, k and v. */
function results(c: Case): Float32Array[] {
  return tf.tidy(() => {
    const { inputs, mask, dy } = tensors(c);
    const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor =>
      F.scaledDotProductAttention(q, k, v, {
        attnMask: mask,
        isCausal: c.isCausal ?? false,
        enableGqa: c.enableGqa ?? false,
        scale: c.scale ?? null,
      });
    return [attend(...inputs), ...tf.grads(attend)(inputs, dy)].map((x) => x.dataSync<'float32'>());
  });
}

const names = ['result', 'dq', 'dk', 'dv'];

describe('attention', () => {
  it('equals the composition in every instruction set, and bit for bit with any number of threads', async () => {
    await useBackend('cpu');
    const expected = Object.values(cases).map(results);
    await useBackend('native');
    const calls = vi.spyOn(backend, 'call');
    for (const isa of addon.isas()) {
      addon.setIsa(isa);
      Object.entries(cases).forEach(([name, c], i) => {
        addon.setThreads(2);
        const actual = results(c);
        addon.setThreads(1);
        const alone = results(c);
        actual.forEach((values, output) => {
          const label = `${name}, ${names[output]}, ${isa}`;
          const compared = compareValues(values, expected[i]![output]!, { rtol: 1e-4, atol: 2e-5 });
          expect(compared.ok, `${label}: ${compared.message}`).toBe(true);
          expect(alone[output], label).toEqual(values);
        });
      });
    }
    // none of them was composed: two calls forward (results and gradients) and one backward
    const count = (kernel: string): number => calls.mock.calls.filter(([name]) => name === kernel).length;
    const runs = Object.keys(cases).length * addon.isas().length * 2;
    expect([count('attention'), count('attention_gradient')]).toEqual([2 * runs, runs]);
    calls.mockRestore();
  });
});
