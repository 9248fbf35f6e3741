import * as tf from '@tensorflow/tfjs-core';
import { Tacotron2, type Tacotron2Config } from '@hourglass/audio';
import { Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawnTokens } from './drawn.js';

const config: Tacotron2Config = {
  nMels: 4,
  nSymbol: 9,
  symbolEmbeddingDim: 6,
  encoderEmbeddingDim: 6,
  encoderNConvolution: 1,
  encoderKernelSize: 3,
  decoderRnnDim: 5,
  attentionRnnDim: 7,
  attentionHiddenDim: 4,
  attentionLocationNFilter: 2,
  attentionLocationKernelSize: 3,
  prenetDim: 5,
  postnetNConvolution: 2,
  postnetKernelSize: 3,
  postnetEmbeddingDim: 5,
  decoderMaxStep: 7,
};

function make(more: Tacotron2Config = {}, seed = 1): Tacotron2 {
  const model = new Tacotron2({ ...config, ...more }, new Generator(seed));
  model.prenetDropout = 0;
  return model;
}

interface Input {
  readonly tokens: tf.Tensor;
  readonly mel: tf.Tensor;
}

testModel('Tacotron 2', {
  create: (generator) => {
    const model = new Tacotron2({ ...config, attentionDropout: 0, decoderDropout: 0 }, generator);
    model.prenetDropout = 0;
    return model;
  },
  load: async (folder) => {
    const model = await Tacotron2.fromPretrained(folder);
    model.prenetDropout = 0;
    return model;
  },
  inputs: [
    [5, 3],
    [2, 1],
  ].map(([symbols, frames]) => ({
    name: `${symbols} symbols, ${frames} frames`,
    make: (generator: Generator, examples: number): Input => ({
      tokens: drawnTokens([examples, symbols!], 0, 9, generator),
      mel: normalTensor([examples, frames!, 4], 0, 1, generator),
    }),
    gives: (_: Input, examples: number) => ({
      melPostnet: [examples, frames!, 4],
      gate: [examples, frames!],
      alignments: [examples, frames!, symbols!],
    }),
  })) as [never, never],
  forward: (model, { tokens, mel }) =>
    scope(() => {
      const { melPostnet, gate, alignments } = model.forward(tokens, mel);
      return { melPostnet, gate, alignments };
    }),
  training: 'random',
  wrong: [
    { name: 'other bands', make: () => ({ tokens: tf.zeros([1, 2], 'int32'), mel: tf.zeros([1, 3, 5]) }) },
    { name: 'no batch', make: () => ({ tokens: tf.zeros([2], 'int32'), mel: tf.zeros([1, 3, 4]) }) },
  ],
});

describe('Tacotron 2', () => {
  beforeAll(() => useTestBackend('wasm'));

  it('speaks what it would say when given its own frames, and leaves nothing behind', async () => {
    const model = make({ gateThreshold: 1 }).eval();
    const tokens = drawnTokens([2, 5], 0, 9, new Generator(2));
    const before = tf.memory().numTensors;
    const memory = tf.tidy(() => model.encoder.forward(model.embedding.forward(tokens), [5, 3]));
    const made = await model.decoder.infer(memory, [5, 3]);
    expect(made.lengths).toEqual([7, 7]);
    expect(made.exhausted).toBe(true);
    tf.tidy(() => {
      const taught = model.decoder.forward(memory, [5, 3], made.mel);
      expectClose(taught.mel, made.mel, { atol: 1e-5 });
      expectClose(taught.gate, made.gate, { atol: 1e-5 });
      expectClose(taught.alignments, made.alignments, { atol: 1e-5 });
      // nothing is read behind the second text's end
      expect(tf.max(tf.slice(made.alignments, [1, 0, 3])).dataSync()[0]).toBe(0);
    });
    tf.dispose([memory, made.mel, made.gate, made.alignments]);
    const speech = await model.infer(tokens, [5, 3]);
    expect(speech.mel.shape).toEqual([2, 7, 4]);
    tf.dispose([speech.mel, speech.alignments]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops where its gate says so, and each counts until then', async () => {
    const tokens = drawnTokens([2, 5], 0, 9, new Generator(2));
    const { lengths, exhausted } = await make({ gateThreshold: 0 }).eval().infer(tokens);
    expect(lengths).toEqual([1, 1]);
    expect(exhausted).toBe(false);
    const on = await make({ gateThreshold: 0, decoderEarlyStopping: false }).eval().infer(tokens);
    expect(on.lengths).toEqual([1, 1]);
    expect(on.mel.shape[1]).toBe(7);
  });

  it('drops units of the prenet in evaluation too, unless told not to', () => {
    const model = make().eval();
    const tokens = drawnTokens([1, 5], 0, 9, new Generator(2));
    const mel = normalTensor([1, 4, 4], 0, 1, new Generator(3));
    const frames = (): tf.Tensor => model.forward(tokens, mel).mel;
    expectClose(frames(), frames(), { atol: 0 });
    model.prenetDropout = 0.5;
    expect(tf.max(tf.abs(tf.sub(frames(), frames()))).dataSync()[0]).toBeGreaterThan(1e-4);
    expect(() => (model.prenetDropout = 1)).toThrow(/must lie in \[0, 1\)/);
  });

  it('masks what lies behind ends where asked', () => {
    const tokens = drawnTokens([2, 5], 0, 9, new Generator(2));
    const mel = normalTensor([2, 4, 4], 0, 1, new Generator(3));
    const { mel: made, melPostnet, gate } = make({ maskPadding: true }).eval().forward(tokens, mel, [5, 5], [4, 2]);
    for (const x of [made, melPostnet]) expect(tf.max(tf.abs(tf.slice(x, [1, 2, 0]))).dataSync()[0]).toBe(0);
    expect([...tf.slice(gate, [1, 2]).dataSync()]).toEqual([1000, 1000]);
    expect(tf.max(tf.abs(tf.slice(made, [0, 3, 0], [1, 1, 4]))).dataSync()[0]).toBeGreaterThan(0);
  });

  it('refuses what the reference does not know', () => {
    expect(() => make({ nFramesPerStep: 2 })).toThrow(/only 1 is known/);
    expect(() => make({ symbolEmbeddingDim: 8 })).toThrow(/same even number/);
    expect(() => make({ postnetKernelSize: 4 })).toThrow(/must be odd/);
  });
});
