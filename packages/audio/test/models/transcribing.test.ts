import * as tf from '@tensorflow/tfjs-core';
import {
  MoonshineForConditionalGeneration,
  Speech2TextForConditionalGeneration,
  type MoonshineConfig,
  type Speech2TextConfig,
} from '@hourglass/audio';
import { Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawnTokens } from './drawn.js';

interface Input {
  readonly x: tf.Tensor;
  readonly tokens: tf.Tensor;
}

const inputOf = (name: string, shape: readonly number[], length: number) => ({
  name,
  make: (generator: Generator, examples: number): Input => ({
    x: normalTensor([examples, ...shape], 0, 1, generator),
    tokens: drawnTokens([examples, length], 2, 12, generator),
  }),
  gives: (_: Input, examples: number) => [examples, length, 12],
});
const keyBias = 'an attention gives the same whatever all its keys are moved by';

const speech2text: Speech2TextConfig = {
  vocab_size: 12,
  d_model: 8,
  encoder_layers: 1,
  encoder_ffn_dim: 6,
  encoder_attention_heads: 2,
  decoder_layers: 1,
  decoder_ffn_dim: 6,
  decoder_attention_heads: 2,
  conv_channels: 6,
  input_feat_per_channel: 4,
  max_source_positions: 20,
  max_target_positions: 20,
  activation_function: 'gelu',
  init_std: 0.3,
};

testModel('Speech2Text', {
  create: (generator) => new Speech2TextForConditionalGeneration(speech2text, generator),
  load: (folder) => Speech2TextForConditionalGeneration.fromPretrained(folder),
  inputs: [inputOf('9 frames', [9, 4], 3), inputOf('1 frame', [1, 4], 2)],
  forward: (model, { x, tokens }) => scope(() => model.forward(x, tokens).logits),
  training: 'random',
  withoutGradient: { '.*k_proj\\.bias': keyBias },
  wrong: [{ name: 'other bands', make: () => ({ x: tf.zeros([1, 9, 5]), tokens: tf.zeros([1, 2], 'int32') }) }],
});

const moonshine: MoonshineConfig = {
  vocab_size: 12,
  hidden_size: 8,
  intermediate_size: 6,
  encoder_num_hidden_layers: 1,
  decoder_num_hidden_layers: 1,
  encoder_num_attention_heads: 2,
  decoder_num_attention_heads: 2,
  initializer_range: 0.3,
};

testModel('Moonshine', {
  create: (generator) => new MoonshineForConditionalGeneration(moonshine, generator),
  load: (folder) => MoonshineForConditionalGeneration.fromPretrained(folder),
  inputs: [inputOf('1400 samples', [1400], 3), inputOf('895 samples', [895], 1)],
  forward: (model, { x, tokens }) => scope(() => model.forward(x, tokens).logits),
  wrong: [
    { name: 'no batch', make: () => ({ x: tf.zeros([1400]), tokens: tf.zeros([1, 2], 'int32') }) },
    { name: 'too few samples', make: () => ({ x: tf.zeros([1, 894]), tokens: tf.zeros([1, 2], 'int32') }) },
  ],
});

describe('models that write down speech', () => {
  beforeAll(() => useTestBackend('wasm'));

  it.each([
    [
      'Speech2Text',
      () => new Speech2TextForConditionalGeneration(speech2text, new Generator(1)),
      [3, 24, 4],
      [24, 13, 5],
    ],
    [
      'Moonshine',
      () => new MoonshineForConditionalGeneration(moonshine, new Generator(1)),
      [3, 2400],
      [2400, 2000, 1000],
    ],
  ] as const)(
    '%s writes the same for a sound alone as among longer ones, and leaves nothing behind',
    async (_, make, shape, lengths) => {
      const model = make().eval();
      const x = normalTensor([...shape], 0, 1, new Generator(2));
      const before = tf.memory().numTensors;
      const config = { maxNewTokens: 5, eosTokenId: null };
      const { sequences } = await model.generate(x, { config, lengths });
      expect(sequences.every((row) => row.length === 6)).toBe(true);
      const first = tf.tidy(() => tf.slice(x, 0, 1));
      expect((await model.generate(first, { config })).sequences[0]).toEqual(sequences[0]);
      first.dispose();
      // beams of which each is the best of its kind
      const beams = await model.generate(x, { config: { ...config, numBeams: 3, numReturnSequences: 3 }, lengths });
      expect(beams.sequences).toHaveLength(9);
      for (const n of [0, 3, 6]) expect(beams.scores![n]!).toBeGreaterThanOrEqual(beams.scores![n + 1]!);
      expect(tf.memory().numTensors).toBe(before);
      expect(() => model.decoder(x, [1])).toThrow(/3 sounds need 3 lengths/);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('padding behind a sound changes nothing', () => {
    const model = new Speech2TextForConditionalGeneration(speech2text, new Generator(1)).eval();
    scope(() => {
      const x = normalTensor([1, 24, 4], 0, 1, new Generator(2));
      const tokens = drawnTokens([1, 3], 2, 12, new Generator(3));
      const kept = tf.concat([tf.slice(x, [0, 0, 0], [1, 12, 4]), tf.zeros([1, 12, 4])], 1);
      const louder = tf.concat([tf.slice(x, [0, 0, 0], [1, 12, 4]), tf.zeros([1, 30, 4])], 1);
      const [a, b] = [kept, louder].map((y) => model.forward(y, tokens, [12]).logits);
      expectClose(a!, b!, { atol: 1e-5 });
    });
  });

  it('refuse what no model can be made with', () => {
    expect(() => new MoonshineForConditionalGeneration({ ...moonshine, encoder_num_key_value_heads: 1 })).toThrow(
      /encoder_num_key_value_heads 1 for 2 heads/,
    );
    expect(
      () => new MoonshineForConditionalGeneration({ ...moonshine, rope_parameters: { rope_type: 'yarn' } }),
    ).toThrow(/rope_type 'yarn'/);
    expect(() => new Speech2TextForConditionalGeneration({ ...speech2text, conv_kernel_sizes: [5] })).toThrow(
      /num_conv_layers 2/,
    );
  });
});
