import * as tf from '@tensorflow/tfjs-core';
import {
  DecoderCache,
  Generator,
  KeyValueCache,
  MultiheadAttention,
  normalTensor,
  ProjectedAttention,
} from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('wasm')));

const normal = (shape: number[], seed = 1): tf.Tensor => normalTensor(shape, 0, 1, new Generator(seed));

describe('ProjectedAttention', () => {
  it("carries the hub's names, a bias each as asked for", () => {
    const shapes = (module: ProjectedAttention): Record<string, number[]> =>
      Object.fromEntries([...module.namedState()].map(([name, leaf]) => [name, leaf.checkpointShape]));
    expect(shapes(new ProjectedAttention(8, 4, { bias: { key: false }, keyValueDim: 6, numKeyValueHeads: 2 }))).toEqual(
      {
        'q_proj.weight': [8, 8],
        'q_proj.bias': [8],
        'k_proj.weight': [4, 6],
        'v_proj.weight': [4, 6],
        'v_proj.bias': [4],
        'out_proj.weight': [8, 8],
        'out_proj.bias': [8],
      },
    );
    expect(Object.keys(shapes(new ProjectedAttention(8, 4, { bias: false })))).toHaveLength(4);
  });

  it('agrees with MultiheadAttention, masks included, whether weights are asked for or not', () => {
    const module = new ProjectedAttention(8, 2).eval();
    const packed = new MultiheadAttention(8, 2, { batchFirst: true }).eval();
    const projections = [module.q_proj, module.k_proj, module.v_proj];
    packed.in_proj_weight!.assign(
      tf.concat(
        projections.map((p) => p.weight.value),
        1,
      ),
    );
    packed.in_proj_bias!.assign(tf.concat(projections.map((p) => p.bias!.value)));
    packed.out_proj.weight.assign(module.out_proj.weight.value);
    packed.out_proj.bias!.assign(module.out_proj.bias!.value);
    const x = normal([2, 5, 8]);
    const memory = normal([2, 5, 8], 2);
    const keyMask = tf.tensor2d([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], [2, 5], 'int32');
    const padding = tf.equal(keyMask, 0);
    const bias = normal([5, 5], 3);
    for (const states of [x, memory]) {
      const keyValueStates = states === x ? null : states;
      for (const isCausal of [false, true]) {
        const call = { keyPaddingMask: padding, attnMask: bias, isCausal, averageAttnWeights: false };
        const expected = packed.forward(x, states, states, call);
        const plain = module.forward(x, { keyValueStates, keyMask, mask: bias, isCausal });
        const weighed = module.forward(x, { keyValueStates, keyMask, mask: bias, isCausal, needWeights: true });
        expect(plain.weights).toBeNull();
        expectClose(plain.output, expected.output, { atol: 1e-5 });
        expectClose(weighed.output, expected.output, { atol: 1e-5 });
        expectClose(weighed.weights!, expected.weights!, { atol: 1e-5 });
      }
    }
  });

  it('step by step with a cache gives what the whole sequence gives, one or more steps at a time', () => {
    const module = new ProjectedAttention(8, 4, { numKeyValueHeads: 2, generator: new Generator(5) }).eval();
    const x = normal([2, 7, 8]);
    const memory = normal([2, 3, 8], 2);
    const cross = { keyValueStates: memory };
    const whole = module.forward(x, { isCausal: true }).output;
    const wholeCross = module.forward(x, cross).output;
    for (const cuts of [
      [1, 1, 1, 1, 1, 1, 1],
      [3, 1, 3],
      [2, 5],
    ]) {
      const cache = new KeyValueCache();
      const crossCache = new KeyValueCache();
      let at = 0;
      for (const count of cuts) {
        const part = tf.slice(x, [0, at, 0], [2, count, 8]);
        const { output } = module.forward(part, { isCausal: true, cache });
        expectClose(output, tf.slice(whole, [0, at, 0], [2, count, 8]), { atol: 1e-5 });
        const read = module.forward(part, { ...cross, cache: crossCache }).output;
        expectClose(read, tf.slice(wholeCross, [0, at, 0], [2, count, 8]), { atol: 1e-5 });
        at += count;
        expect(cache.length).toBe(at);
        expect(crossCache.length).toBe(3);
      }
      cache.dispose();
      crossCache.dispose();
    }
  });

  it('turns queries and keys, and adds a bias made of the scaled queries', () => {
    const module = new ProjectedAttention(8, 2).eval();
    const x = normal([2, 5, 8]);
    const relative = normal([5, 5, 4], 3);
    const scoreBias = (queries: tf.Tensor): tf.Tensor => tf.einsum('nhld,lsd->nhls', queries, relative);
    const { weights } = module.forward(x, { scoreBias, rotate: (y) => tf.mul(y, 2), needWeights: true });
    const [q, k] = [module.q_proj, module.k_proj].map((p) =>
      tf.transpose(tf.reshape(tf.mul(p.forward(x), 2), [2, 5, 2, 4]), [0, 2, 1, 3]),
    ) as [tf.Tensor, tf.Tensor];
    const scaled = tf.mul(q, 0.5);
    expectClose(weights!, tf.softmax(tf.add(tf.matMul(scaled, k, false, true), scoreBias(scaled))), { atol: 1e-5 });
  });

  it('has the gradients that differences show, also of a bias of the scores', () => {
    const module = new ProjectedAttention(4, 2).eval();
    const mask = tf.tensor2d([1, 1, 0, 1, 1, 1], [2, 3], 'int32');
    for (const needWeights of [false, true]) {
      expectGradient(
        (x, memory, relative) =>
          module.forward(x!, {
            keyValueStates: memory!,
            keyMask: mask,
            scoreBias: (queries) => tf.einsum('nhld,lsd->nhls', queries, relative!),
            needWeights,
          }).output,
        [normal([2, 2, 4]), normal([2, 3, 4], 2), normal([2, 3, 2], 3)],
      );
    }
    const { grads } = tf.variableGrads(() => tf.sum(tf.square(module.forward(normal([1, 3, 4])).output)) as tf.Scalar);
    expect(Object.keys(grads)).toHaveLength(module.parameters().length);
  });

  it('drops weights in training only, and repeats with the seed', () => {
    const x = normal([1, 6, 8]);
    const make = (): ProjectedAttention => new ProjectedAttention(8, 2, { dropout: 0.5, generator: new Generator(3) });
    const [a, b] = [make(), make()];
    const dropped = a.forward(x).output;
    expectClose(dropped, b.forward(x).output, { atol: 0 });
    expect(tf.max(tf.abs(tf.sub(dropped, b.eval().forward(x).output))).dataSync()[0]).toBeGreaterThan(1e-3);
  });

  it('reorders caches by row, goes back, and leaves nothing behind', () => {
    const module = new ProjectedAttention(8, 2).eval();
    const x = normal([3, 4, 8]);
    const before = tf.memory().numTensors;
    const cache = new DecoderCache(1);
    const { self } = cache.layers[0]!;
    tf.tidy(() => void module.forward(x, { isCausal: true, cache: self }));
    cache.reorder([2, 0, 0]);
    expect(cache.length).toBe(4);
    tf.tidy(() => {
      const step = normal([3, 1, 8], 9);
      const rows = tf.gather(x, [2, 0, 0]);
      const whole = module.forward(tf.concat([rows, step], 1), { isCausal: true }).output;
      expectClose(module.forward(step, { isCausal: true, cache: self }).output, tf.slice(whole, [0, 4, 0]), {
        atol: 1e-5,
      });
      cache.truncate(4);
      expectClose(module.forward(step, { isCausal: true, cache: self }).output, tf.slice(whole, [0, 4, 0]), {
        atol: 1e-5,
      });
    });
    cache.dispose();
    cache.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps the last keys of a cache, or none', () => {
    const cache = new KeyValueCache();
    const before = tf.memory().numTensors;
    tf.tidy(() => void cache.append(normal([2, 5, 1, 3]), normal([2, 5, 1, 4], 2)));
    cache.keepLast(7);
    expect(cache.length).toBe(5);
    cache.keepLast(2);
    tf.tidy(() => expectClose(cache.keys!, tf.slice(normal([2, 5, 1, 3]), [0, 3, 0, 0]), { atol: 0, rtol: 0 }));
    tf.tidy(() => expectClose(cache.values!, tf.slice(normal([2, 5, 1, 4], 2), [0, 3, 0, 0]), { atol: 0, rtol: 0 }));
    cache.keepLast(0);
    expect(cache.length).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what does not fit', () => {
    expect(() => new ProjectedAttention(8, 3)).toThrow(/8 features do not divide into 3 heads/);
    expect(() => new ProjectedAttention(8, 4, { numKeyValueHeads: 3 })).toThrow(/4 heads cannot share 3/);
    const module = new ProjectedAttention(8, 2);
    expect(() => module.forward(tf.zeros([2, 8]))).toThrow(/takes \[batch, length, 8\], got \[2, 8\]/);
    expect(() => module.forward(tf.zeros([2, 3, 8]), { keyValueStates: tf.zeros([2, 3, 4]) })).toThrow(
      /got \[2, 3, 4\]/,
    );
    expect(() => module.forward(tf.zeros([2, 3, 8]), { keyMask: tf.zeros([2, 4]) })).toThrow(/key mask \[2, 4\]/);
    expect(() => module.forward(tf.zeros([2, 3, 8]), { keyValueStates: tf.zeros([1, 3, 8]) })).toThrow(/2 sequences/);
  });
});
