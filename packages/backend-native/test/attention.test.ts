import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, MultiheadAttention, useBackend } from '@hourglass/core';
import { compareValues, expectClose, expectGradient, expectValues } from '@hourglass/core/testing';
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

  it('has the gradients that finite differences give, also of a learned mask, and a gradient of its gradient', () => {
    tf.tidy(() => {
      const { inputs, mask } = tensors({ q: [1, 2, 3, 4], k: [1, 2, 5, 4], outputs: 3, mask: [3, 5] });
      const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, m: tf.Tensor): tf.Tensor =>
        F.scaledDotProductAttention(q, k, v, { attnMask: m, isCausal: true });
      expectGradient((q, k, v, m) => attend(q!, k!, v!, m!), [...inputs, mask!]);
      const [q, k, v] = inputs;
      for (const wrt of [0, 1, 2]) {
        const slope = (...x: tf.Tensor[]): tf.Tensor =>
          tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.sum(tf.square(attend(q, k, v, mask!))))(x)[wrt]!;
        expectGradient(slope, [q, k, v]);
      }
    });
  });

  it('a query that sees nothing gives zeros and no gradient, over several blocks too', () => {
    tf.tidy(() => {
      const { inputs, dy } = tensors({ q: [2, 20, 8], k: [2, 600, 8] });
      // the first query sees nothing, the second one key in the last block
      const seen = new Uint8Array(20 * 600).fill(1);
      seen.fill(0, 0, 2 * 600);
      seen[2 * 600 - 1] = 1;
      const attnMask = tf.tensor(seen, [20, 600], 'bool');
      const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor =>
        F.scaledDotProductAttention(q, k, v, { attnMask });
      const y = attend(...inputs);
      expectValues(tf.slice(y, [0, 0, 0], [2, 1, 8]), new Float32Array(16));
      expectClose(tf.slice(y, [0, 1, 0], [2, 1, 8]), tf.slice(inputs[2], [0, 599, 0], [2, 1, 8]));
      const gradients = tf.grads(attend)(inputs, dy);
      expectValues(tf.slice(gradients[0]!, [0, 0, 0], [2, 1, 8]), new Float32Array(16));
      for (const gradient of gradients) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    });
  });

  it('drops the weights that the composition drops, with the same gradients, and those of gradients', async () => {
    const c = { q: [2, 4, 20, 8], k: [2, 2, 300, 8], outputs: 5, mask: [2, 1, 1, 300], maskType: 'bool' } as const;
    const dropped = (): Float32Array[] =>
      tf.tidy(() => {
        const { inputs, mask, dy } = tensors({ ...c, q: [...c.q], k: [...c.k], mask: [...c.mask] });
        const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor =>
          F.scaledDotProductAttention(q, k, v, {
            attnMask: mask,
            enableGqa: true,
            isCausal: true,
            dropoutP: 0.3,
            generator: new Generator(5),
          });
        const twice = tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
          tf.sum(tf.square(tf.grads(attend)([q, k, v], dy)[0]!)),
        );
        return [attend(...inputs), ...tf.grads(attend)(inputs, dy), ...twice(inputs)].map((x) =>
          x.dataSync<'float32'>(),
        );
      });
    await useBackend('cpu');
    const expected = dropped();
    await useBackend('native');
    const calls = vi.spyOn(backend, 'call');
    dropped().forEach((values, i) => {
      const compared = compareValues(values, expected[i]!, { rtol: 2e-4, atol: 2e-5 });
      expect(compared.ok, `${i}: ${compared.message}`).toBe(true);
    });
    expect(calls.mock.calls.filter(([name]) => name === 'attention_gradient')).toHaveLength(1);
    calls.mockRestore();
    expect(() =>
      F.scaledDotProductAttention(tf.zeros([1, 2]), tf.zeros([1, 2]), tf.zeros([1, 2]), { dropoutP: 2 }),
    ).toThrow(/between 0 and 1/);
  });

  it('passes NaN and infinities on, to the rows that see them alone', () => {
    tf.tidy(() => {
      const { inputs } = tensors({ q: [1, 30, 8], k: [1, 40, 8] });
      for (const bad of [NaN, Infinity]) {
        const values = inputs[0].dataSync<'float32'>();
        values[5 * 8 + 3] = bad;
        const y = F.scaledDotProductAttention(tf.tensor(values, [1, 30, 8]), inputs[1], inputs[2]).dataSync();
        const rows = Array.from({ length: 30 }, (_, i) => y.slice(i * 8, i * 8 + 8).every(Number.isNaN));
        expect(rows.map((nan, i) => (nan ? i : -1)).filter((i) => i >= 0)).toEqual([5]);
      }
    });
  });

  it.each([
    { q: [2, 0, 4], k: [2, 3, 4] },
    { q: [2, 3, 4], k: [2, 0, 4] },
    { q: [0, 3, 4], k: [0, 3, 4] },
    { q: [2, 3, 4], k: [2, 3, 4], outputs: 0 },
  ])('zero-sized %j', (c) => {
    const [y, dq, dk, dv] = results(c);
    const size = (shape: number[]): number => tf.util.sizeFromShape(shape);
    expect([y!.length, dq!.length]).toEqual([size(c.q.slice(0, -1)) * (c.outputs ?? 4), size(c.q)]);
    for (const values of [y!, dq!, ...(c.q[1] === 0 ? [dk!, dv!] : [])])
      expect(values.every((x) => x === 0)).toBe(true);
  });

  it('multi-head attention takes it wherever no weights are asked for, with every mask', () => {
    tf.tidy(() => {
      const module = new MultiheadAttention(24, 3, {
        batchFirst: true,
        addZeroAttn: true,
        generator: new Generator(2),
      });
      const [x, memory] = [tensors({ q: [2, 9, 24], k: [2, 13, 24] }).inputs[0], tf.randomNormal([2, 13, 24])];
      const padding = tf.tensor(
        Uint8Array.from({ length: 26 }, (_, i) => (i % 5 === 1 ? 1 : 0)),
        [2, 13],
        'bool',
      );
      const attnMask = tf.randomNormal([6, 9, 13]);
      const loss = (needWeights: boolean) => (): tf.Scalar =>
        tf.sum(
          tf.square(module.forward(x, memory, memory, { keyPaddingMask: padding, attnMask, needWeights }).output),
        ) as tf.Scalar;
      const variables = module.parameters().map((p) => p.variable);
      const calls = vi.spyOn(backend, 'call');
      const fused = tf.variableGrads(loss(false), variables);
      expect(calls.mock.calls.filter(([name]) => name === 'attention_gradient')).toHaveLength(1);
      const composed = tf.variableGrads(loss(true), variables);
      expect(calls.mock.calls.filter(([name]) => name === 'attention_gradient')).toHaveLength(1);
      calls.mockRestore();
      expectClose(fused.value, composed.value, { rtol: 1e-5 });
      for (const { name } of variables)
        expectClose(fused.grads[name]!, composed.grads[name]!, { rtol: 1e-4, atol: 1e-4 });
    });
  });

  // what the whole process takes is measured in test/src/memory
  it('trains on 4,096 tokens without a block as large as the matrix of weights, and leaves nothing behind', () => {
    const { inputs, dy } = tensors({ q: [1, 8, 4096, 64], k: [1, 8, 4096, 64] });
    const before = { tensors: tf.memory().numTensors, used: backend.pool.used };
    const blocks = vi.spyOn(backend.pool, 'allocate');
    const gradients = tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
      F.scaledDotProductAttention(q, k, v, { isCausal: true }),
    )(inputs, dy);
    tf.dispose(gradients);
    // the matrix of weights would be 512 MB
    expect(Math.max(...blocks.mock.calls.map(([bytes]) => bytes))).toBe(inputs[0].size * 4);
    blocks.mockRestore();
    expect(tf.memory().numTensors).toBe(before.tensors);
    expect(backend.pool.used).toBe(before.used);
    tf.dispose([...inputs, dy]);
  });
});
