import * as tf from '@tensorflow/tfjs-core';
import {
  Bilinear,
  Dropout,
  Dropout2d,
  DropPath,
  Embedding,
  Generator,
  Identity,
  Linear,
  manualSeed,
} from '@hourglass/core';
import { expectClose, expectValues, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('wasm')));

describe('Linear', () => {
  it('stores [out, in] in checkpoints and starts within 1 / sqrt(in)', () => {
    const layer = new Linear(16, 3, { generator: new Generator(1) });
    expect(layer.weight.checkpointShape).toEqual([3, 16]);
    expect(tf.max(tf.abs(layer.weight.value)).dataSync()[0]).toBeLessThanOrEqual(0.25);
    expect(layer.forward(tf.zeros([2, 5, 16])).shape).toEqual([2, 5, 3]);
    expect(new Linear(2, 2, { bias: false }).bias).toBeNull();
    expect(() => new Linear(0, 2)).toThrow(/positive whole sizes/);
  });

  it('repeats with the default generator’s seed', () => {
    manualSeed(5);
    const first = new Linear(3, 3).weight.value;
    manualSeed(5);
    expectClose(new Linear(3, 3).weight.value, first);
  });

  it('Bilinear is x W y + b for every output', () => {
    const layer = new Bilinear(2, 3, 1, { bias: false });
    layer.weight.assign(tf.tensor3d([1, 2, 3, 4, 5, 6], [1, 2, 3]));
    expectValues(layer.forward(tf.tensor2d([[1, 2]]), tf.tensor2d([[1, 0, -1]])), [-6]);
  });
});

describe('dropout', () => {
  it('keeps the expectation, repeats with its seed, and does nothing in evaluation', () => {
    const x = tf.ones([100, 100]);
    const run = (seed: number): tf.Tensor => new Dropout(0.3, { generator: new Generator(seed) }).forward(x);
    const y = run(1);
    expectClose(run(1), y);
    expectValues(tf.mean(y), [1], { rtol: 2e-2 });
    expect(new Set(y.dataSync())).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    expectClose(new Dropout(0.3).eval().forward(x), x);
    expectValues(tf.sum(new Dropout(1).forward(x)), [0]);
    expect(() => new Dropout(1.5)).toThrow(/between 0 and 1/);
  });

  it('Dropout2d drops whole channels, DropPath whole samples', () => {
    const x = tf.ones([6, 4, 4, 8]);
    const channels = new Dropout2d(0.5, { generator: new Generator(2) }).forward(x);
    const { variance } = tf.moments(channels, [1, 2]);
    expectValues(variance, new Float32Array(48), { atol: 1e-6 });
    const samples = new DropPath(0.5, { generator: new Generator(2), scaleByKeep: false }).forward(x);
    const means = tf.mean(samples, [1, 2, 3]).dataSync();
    for (const mean of means) expect([0, 1]).toContain(mean);
    expect(() => new Dropout2d().forward(tf.zeros([2, 3]))).toThrow(/takes 4 axes/);
  });

  it('leaves no tensors behind, and its input to the caller', () => {
    const x = tf.ones([4, 4]);
    for (const layer of [new Dropout(0.5), new DropPath(0.5), new Dropout(0.5).eval(), new Identity()]) {
      const before = tf.memory().numTensors;
      layer.forward(x).dispose();
      expect(tf.memory().numTensors).toBe(before);
      expect(x.isDisposed).toBe(false);
    }
  });
});

describe('Embedding', () => {
  it('looks rows up; the padding row is zero and gets no gradient', () => {
    const layer = new Embedding(4, 3, { paddingIdx: -1 });
    expect(layer.paddingIdx).toBe(3);
    const indices = tf.tensor2d(
      [
        [0, 3],
        [3, 0],
      ],
      [2, 2],
      'int32',
    );
    const y = layer.forward(indices);
    expect(y.shape).toEqual([2, 2, 3]);
    expectValues(tf.slice(y, [0, 1, 0], [1, 1, 3]), [0, 0, 0]);
    const { grads } = tf.variableGrads(() => tf.sum(layer.forward(indices)) as tf.Scalar);
    expectValues(grads[layer.weight.variable.name]!, [2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => new Embedding(4, 3, { paddingIdx: 4 })).toThrow(/padding index 4/);
  });
});
