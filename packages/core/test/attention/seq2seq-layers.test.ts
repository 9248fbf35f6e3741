import * as tf from '@tensorflow/tfjs-core';
import {
  DecoderCache,
  Embedding,
  functional,
  Generator,
  initialiseNormal,
  Linear,
  Module,
  normalTensor,
  Seq2SeqDecoderLayer,
  Seq2SeqEncoderLayer,
  shiftTokensRight,
} from '@hourglass/core';
import { expectClose, expectGradient, expectValues, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('wasm')));

const normal = (shape: number[], seed = 1): tf.Tensor => normalTensor(shape, 0, 1, new Generator(seed));

describe.each([true, false])('layers that normalise first: %s', (normFirst) => {
  const options = { ffnDim: 5, normFirst, attentionBias: { key: false }, generator: new Generator(3) };

  it('carry the names of BART and Whisper', () => {
    const names = (module: Module): string[] => Array.from(module.namedState(), ([name]) => name);
    const norms = (name: string): string[] => [`${name}.weight`, `${name}.bias`];
    const attention = (name: string): string[] =>
      ['v_proj', 'q_proj', 'out_proj'].flatMap((part) => norms(`${name}.${part}`)).concat(`${name}.k_proj.weight`);
    const shared = ['self_attn_layer_norm', 'fc1', 'fc2', 'final_layer_norm'].flatMap((part) => norms(part));
    expect(names(new Seq2SeqEncoderLayer(8, 2, options)).toSorted()).toEqual(
      [...shared, ...attention('self_attn')].toSorted(),
    );
    expect(names(new Seq2SeqDecoderLayer(8, 2, options)).toSorted()).toEqual(
      [
        ...shared,
        ...attention('self_attn'),
        ...attention('encoder_attn'),
        ...norms('encoder_attn_layer_norm'),
      ].toSorted(),
    );
  });

  it('decode step by step what they decode at once', () => {
    const layer = new Seq2SeqDecoderLayer(8, 2, options).eval();
    const [x, memory] = [normal([2, 5, 8]), normal([2, 3, 8], 2)];
    const encoderMask = tf.tensor2d([1, 1, 1, 1, 0, 0], [2, 3], 'int32');
    const call = { encoderStates: memory, encoderMask };
    const whole = layer.forward(x, { ...call, needWeights: true });
    expect(whole.selfWeights!.shape).toEqual([2, 2, 5, 5]);
    expect(whole.crossWeights!.shape).toEqual([2, 2, 5, 3]);
    const cache = new DecoderCache(1);
    for (let at = 0; at < 5; at++) {
      const { states } = layer.forward(tf.slice(x, [0, at, 0], [2, 1, 8]), { ...call, cache: cache.layers[0]! });
      expectClose(states, tf.slice(whole.states, [0, at, 0], [2, 1, 8]), { atol: 1e-5 });
    }
    cache.dispose();
    const alone = layer.forward(x);
    expect(alone.crossWeights).toBeNull();
    expect(tf.max(tf.abs(tf.sub(alone.states, whole.states))).dataSync()[0]).toBeGreaterThan(1e-3);
  });

  it('have the gradients that differences show', () => {
    const encoder = new Seq2SeqEncoderLayer(4, 2, { ...options, ffnDim: 3 }).eval();
    const decoder = new Seq2SeqDecoderLayer(4, 2, { ...options, ffnDim: 3 }).eval();
    expectGradient((x) => encoder.forward(x!), [normal([1, 3, 4])]);
    expectGradient(
      (x, memory) => decoder.forward(x!, { encoderStates: memory! }).states,
      [normal([1, 2, 4]), normal([1, 3, 4], 2)],
    );
  });
});

describe('around them', () => {
  it('targets become inputs one place later', () => {
    const labels = tf.tensor2d([5, 6, -100, 7, 8, 9], [2, 3], 'int32');
    expectValues(shiftTokensRight(labels, 1, 2), [2, 5, 6, 2, 7, 8]);
    expectValues(shiftTokensRight(tf.tensor2d([5, -100, -100], [1, 3], 'int32'), 1, 2), [2, 5, 1]);
  });

  it('an output layer may have the weight of the embedding', () => {
    const table = normal([5, 3]);
    const x = normal([2, 4, 3], 2);
    expectClose(functional.unembed(x, table), tf.einsum('nld,vd->nlv', x, table), { atol: 1e-5 });
    expectGradient((y, weight) => functional.unembed(y!, weight!), [normal([2, 3], 3), table]);
    expect(() => functional.unembed(x, normal([5, 4]))).toThrow(/\[2, 4, 3\] does not fit a table of shape \[5, 4\]/);
  });

  it('scores by distance become scores by place', () => {
    const length = 4;
    const x = normal([2, length, 2 * length - 1]);
    const values = x.arraySync() as number[][][];
    const expected = values.flatMap((rows) =>
      rows.flatMap((row, l) => Array.from({ length }, (_, s) => row[s - l + length - 1]!)),
    );
    expectValues(functional.relativeShift(x), expected);
    expectValues(functional.relativeShift(tf.ones([1, 1])), [1]);
    // two queries behind three places more: distances -4 … 1
    const last = tf.tensor2d([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15], [2, 6]);
    expectValues(functional.relativeShift(last, 5), [1, 2, 3, 4, 5, 10, 11, 12, 13, 14]);
    expectGradient((y) => functional.relativeShift(y!), [x]);
    expect(() => functional.relativeShift(tf.zeros([4, 6]))).toThrow(/4 queries of 4 places have 7 distances/);
  });

  it('weights begin normal, biases and padding at zero', () => {
    class Both extends Module {
      readonly table = new Embedding(50, 40, { paddingIdx: 3 });
      readonly linear = new Linear(40, 50);
    }
    const both = new Both();
    initialiseNormal(both, 0.5, new Generator(1));
    expect(Array.from(both.linear.bias!.value.dataSync()).every((x) => x === 0)).toBe(true);
    const row = tf.slice(both.table.weight.value, 3, 1);
    expect(tf.max(tf.abs(row)).dataSync()[0]).toBe(0);
    for (const { weight } of [both.table, both.linear])
      expect(Math.sqrt(tf.mean(tf.square(weight.value)).dataSync()[0]!)).toBeCloseTo(0.5, 1);
    const drawn = both.table.weight.value.dataSync();
    initialiseNormal(both, 2, new Generator(2), 'linear');
    expectValues(both.table.weight.value, drawn);
    expect(Math.sqrt(tf.mean(tf.square(both.linear.weight.value)).dataSync()[0]!)).toBeCloseTo(2, 1);
  });
});
