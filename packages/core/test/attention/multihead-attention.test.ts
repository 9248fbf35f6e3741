import * as tf from '@tensorflow/tfjs-core';
import {
  Generator,
  MultiheadAttention,
  RelativePositionBias,
  SinusoidalPositions,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '@hourglass/core';
import { expectClose, expectValues, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('wasm')));

describe('MultiheadAttention', () => {
  it('carries the names and shapes of the reference checkpoint', () => {
    const shapes = (module: MultiheadAttention): Record<string, number[]> =>
      Object.fromEntries([...module.namedState()].map(([name, leaf]) => [name, leaf.checkpointShape]));
    expect(shapes(new MultiheadAttention(8, 2, { addBiasKv: true }))).toEqual({
      in_proj_weight: [24, 8],
      in_proj_bias: [24],
      bias_k: [1, 1, 8],
      bias_v: [1, 1, 8],
      'out_proj.weight': [8, 8],
      'out_proj.bias': [8],
    });
    expect(shapes(new MultiheadAttention(8, 2, { kdim: 5, vdim: 3, bias: false }))).toEqual({
      q_proj_weight: [8, 8],
      k_proj_weight: [8, 5],
      v_proj_weight: [8, 3],
      'out_proj.weight': [8, 8],
    });
  });

  it('gives the same for a batch, for its entries alone, and for either order of axes', () => {
    const options = { batchFirst: true, generator: new Generator(1) };
    const module = new MultiheadAttention(8, 2, options).eval();
    const x = tf.randomNormal([3, 5, 8]);
    const all = module.forward(x, x, x);
    const one = tf.slice(x, [1, 0, 0], [1, 5, 8]);
    const alone = tf.squeeze(one, [0]);
    expectClose(
      tf.expandDims(module.forward(alone, alone, alone).output, 0),
      tf.slice(all.output, [1, 0, 0], [1, 5, 8]),
      { atol: 1e-5 },
    );
    const lengthFirst = new MultiheadAttention(8, 2, { generator: new Generator(1) }).eval();
    const turned = tf.transpose(x, [1, 0, 2]);
    const y = lengthFirst.forward(turned, turned, turned).output;
    expectClose(tf.transpose(y, [1, 0, 2]), all.output, { atol: 1e-5 });
    expect(all.weights!.shape).toEqual([3, 5, 5]);
    expectValues(tf.sum(all.weights!, -1), new Float32Array(15).fill(1));
  });

  it('packed self-attention equals separate projections of the same values', () => {
    const module = new MultiheadAttention(8, 4, { batchFirst: true }).eval();
    const x = tf.randomNormal([2, 5, 8]);
    const copy = tf.clone(x);
    expectClose(module.forward(x, copy, tf.clone(x)).output, module.forward(x, x, x).output, { atol: 1e-5 });
  });

  it('every parameter gets a gradient, and nothing leaks', () => {
    const module = new MultiheadAttention(8, 2, { batchFirst: true, addBiasKv: true, addZeroAttn: true, dropout: 0.2 });
    const x = tf.randomNormal([2, 5, 8]);
    const mask = tf.tensor2d([0, 0, 0, 0, 1, 0, 0, 0, 1, 1], [2, 5], 'bool');
    const step = (): void => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.square(module.forward(x, x, x, { keyPaddingMask: mask, isCausal: false }).output)) as tf.Scalar,
        module.parameters().map((p) => p.variable),
      );
      for (const [name, p] of module.namedParameters()) {
        expect(tf.sum(tf.abs(grads[p.variable.name]!)).dataSync()[0], name).toBeGreaterThan(0);
      }
      tf.dispose([value, grads]);
    };
    tf.tidy(step);
    const before = tf.memory().numTensors;
    tf.tidy(step);
    const { output, weights } = module.forward(x, x, x);
    tf.dispose([output, weights!]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a sequence of padding alone: NaN weights as torch when they are asked for, zeros otherwise', () => {
    const module = new MultiheadAttention(4, 2, { batchFirst: true }).eval();
    const x = tf.randomNormal([1, 2, 4]);
    const all = tf.ones([1, 2], 'bool');
    expect(module.forward(x, x, x, { keyPaddingMask: all }).weights!.dataSync().every(Number.isNaN)).toBe(true);
    expectValues(module.forward(x, x, x, { keyPaddingMask: all, needWeights: false }).output, new Float32Array(8));
  });

  it('refuses what cannot work', () => {
    expect(() => new MultiheadAttention(6, 4)).toThrow(/6 features do not divide into 4 heads/);
    const module = new MultiheadAttention(4, 2, { batchFirst: true });
    const x = tf.zeros([1, 3, 4]);
    expect(() => module.forward(x, x, x, { attnMask: tf.zeros([3, 2]) })).toThrow(/for 3 keys/);
    expect(() => module.forward(x, x, x, { keyPaddingMask: tf.zeros([2, 3], 'bool') })).toThrow(/padding mask/);
    expect(() => module.forward(x, tf.zeros([3, 4]), x)).toThrow(/takes \[batch, length, features\]/);
  });
});

describe('Transformer layers', () => {
  it('encoder and decoder carry the reference names and keep shapes', () => {
    const encoder = new TransformerEncoderLayer(8, 2, { dimFeedforward: 12, batchFirst: true }).eval();
    const decoder = new TransformerDecoderLayer(8, 2, { dimFeedforward: 12, batchFirst: true, normFirst: true }).eval();
    const x = tf.randomNormal([2, 5, 8]);
    const before = tf.memory().numTensors;
    const memory = encoder.forward(x);
    const y = decoder.forward(x, memory, { isCausal: true });
    expect(y.shape).toEqual([2, 5, 8]);
    tf.dispose([memory, y]);
    expect(tf.memory().numTensors).toBe(before);
    const names = [...decoder.namedState()].map(([name]) => name);
    for (const name of ['self_attn.in_proj_weight', 'multihead_attn.out_proj.bias', 'linear2.weight', 'norm3.bias'])
      expect(names).toContain(name);
  });
});

describe('position layers', () => {
  it('add a table outside checkpoints, or a learned bias by bucket', () => {
    const table = new SinusoidalPositions(4, 6);
    expect([...table.namedBuffers()].map(([, buffer]) => buffer.persistent)).toEqual([false]);
    expectValues(tf.slice(table.forward(tf.zeros([1, 2, 6])), [0, 0, 0], [1, 1, 6]), [0, 1, 0, 1, 0, 1]);
    expect(() => table.forward(tf.zeros([1, 5, 6]))).toThrow(/do not reach/);
    expect(new RelativePositionBias(3).forward(4, 7).shape).toEqual([1, 3, 4, 7]);
  });
});
