import * as tf from '@tensorflow/tfjs-core';
import { MusicgenForCausalLM, type MusicgenConfig } from '@hourglass/audio';
import { Generator, normalTensor, scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const config: MusicgenConfig = {
  vocab_size: 7,
  pad_token_id: 7,
  num_hidden_layers: 1,
  ffn_dim: 6,
  num_attention_heads: 2,
  hidden_size: 8,
  num_codebooks: 3,
  initializer_factor: 0.5,
};

interface Input {
  readonly codes: tf.Tensor;
  readonly encoderStates: tf.Tensor;
}

const drawn = (examples: number, steps: number, generator: Generator): tf.Tensor =>
  tf.tensor3d(
    Array.from({ length: examples * steps * 3 }, () => generator.integer(0, 8)),
    [examples, steps, 3],
    'int32',
  );

testModel('MusicGen decoder', {
  create: (generator) => new MusicgenForCausalLM(config, generator),
  load: (folder) => MusicgenForCausalLM.fromPretrained(folder),
  inputs: [4, 1].map((steps) => ({
    name: `${steps} steps`,
    make: (generator: Generator, examples: number): Input => ({
      codes: drawn(examples, steps, generator),
      encoderStates: normalTensor([examples, 2, 8], 0, 1, generator),
    }),
    gives: (_: Input, examples: number) => [examples, steps, 3, 7],
  })) as [never, never],
  forward: (model, { codes, encoderStates }) => scope(() => model.forward(codes, { encoderStates }).logits),
  training: 'random',
  wrong: [
    {
      name: 'other codebooks',
      make: () => ({ codes: tf.zeros([1, 4, 2], 'int32'), encoderStates: tf.zeros([1, 2, 8]) }),
    },
  ],
});

describe('MusicGen', () => {
  beforeAll(() => useTestBackend('wasm'));

  it.each([1, 2])('makes the codes that are likeliest behind those before, with %d channels', async (channels) => {
    const model = new MusicgenForCausalLM(
      { ...config, num_codebooks: 4, audio_channels: channels },
      new Generator(1),
    ).eval();
    expect([0, 1, 2, 3].map((book) => model.delay(book))).toEqual(channels === 1 ? [0, 1, 2, 3] : [0, 0, 1, 1]);
    const encoderStates = normalTensor([2, 3, 8], 0, 1, new Generator(2));
    const before = tf.memory().numTensors;
    const frames = 5;
    const codes = await model.generate({ encoderStates }, { maxNewTokens: frames });
    expect(codes.shape).toEqual([2, frames, 4]);
    const values = codes.arraySync() as number[][][];
    const steps = frames + model.delay(3);
    const delayed = values.map((rows) =>
      Array.from({ length: steps }, (_, step) =>
        // what is given at a step was made at the one before
        [0, 1, 2, 3].map((book) => rows[step - 1 - model.delay(book)]?.[book] ?? 7),
      ),
    );
    const best = tf.tidy(
      () =>
        tf
          .argMax(model.forward(tf.tensor3d(delayed, undefined, 'int32'), { encoderStates }).logits, -1)
          .arraySync() as number[][][],
    );
    for (const n of [0, 1])
      for (let frame = 0; frame < frames; frame++)
        for (const book of [0, 1, 2, 3])
          expect(values[n]![frame]![book]).toBe(best[n]![frame + model.delay(book)]![book]);
    codes.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('draws codes that repeat with the seed', async () => {
    const model = new MusicgenForCausalLM(config, new Generator(1)).eval();
    const draw = async (seed: number): Promise<string> => {
      const codes = await model.generate(
        { examples: 2 },
        { maxNewTokens: 6, doSample: true, topK: 0 },
        { generator: new Generator(seed) },
      );
      return String(codes.dataSync());
    };
    expect(await draw(1)).toBe(await draw(1));
    expect(await draw(1)).not.toBe(await draw(2));
  });

  it('learns with padding left out', () => {
    const model = new MusicgenForCausalLM(config, new Generator(1)).eval();
    scope(() => {
      const logits = normalTensor([2, 3, 3, 7], 0, 1, new Generator(2));
      const labels = tf.tensor3d([1, 2, 7, 3, 4, 5, 7, 7, 7, 0, 1, 2, 3, 4, 5, 6, 0, 1], [2, 3, 3], 'int32');
      const logs = tf.logSoftmax(logits).arraySync() as unknown as number[][][][];
      const targets = labels.arraySync();
      const books = [0, 1, 2].map((book) => {
        const counted = targets.flatMap((rows, n) =>
          rows.flatMap((row, t) => (row[book] === 7 ? [] : [-logs[n]![t]![book]![row[book]!]!])),
        );
        return counted.reduce((sum, x) => sum + x, 0) / counted.length;
      });
      const mean = books.reduce((sum, x) => sum + x, 0) / 3;
      expect(model.loss(logits, labels).dataSync()[0]).toBeCloseTo(mean, 4);
    });
    expect(() => new MusicgenForCausalLM({ ...config, audio_channels: 2 })).toThrow(/3 codebooks for 2 channels/);
  });
});
