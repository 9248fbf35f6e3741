import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  HifiGan,
  SpeechDecoderPrenet,
  speechT5Body,
  SpeechT5ForPreTraining,
  SpeechT5ForSpeechToSpeech,
  SpeechT5ForSpeechToText,
  SpeechT5ForTextToSpeech,
  speechT5Settings,
  type SpeechT5Config,
} from '@hourglass/audio';
import { functional, Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawnTokens } from './drawn.js';

const config: SpeechT5Config = {
  vocab_size: 12,
  hidden_size: 8,
  encoder_layers: 1,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 6,
  encoder_layerdrop: 0,
  decoder_layers: 1,
  decoder_ffn_dim: 6,
  decoder_attention_heads: 2,
  decoder_layerdrop: 0,
  conv_dim: [4, 4],
  conv_stride: [5, 2],
  conv_kernel: [8, 3],
  num_conv_pos_embeddings: 4,
  num_conv_pos_embedding_groups: 2,
  apply_spec_augment: false,
  num_mel_bins: 4,
  speech_decoder_prenet_units: 5,
  speaker_embedding_dim: 3,
  speech_decoder_postnet_layers: 2,
  speech_decoder_postnet_units: 5,
  max_speech_positions: 40,
  max_text_positions: 20,
  encoder_max_relative_position: 4,
  initializer_range: 0.3,
};
const reason = 'an attention gives the same whatever all its keys are moved by';
const withoutGradient = {
  '.*k_proj\\.bias': reason,
};

interface Spoken {
  readonly x: tf.Tensor;
  readonly tokens: tf.Tensor;
}

testModel('SpeechT5, speech to text', {
  create: (generator) => new SpeechT5ForSpeechToText(config, generator),
  load: (folder) => SpeechT5ForSpeechToText.fromPretrained(folder),
  inputs: [43, 61].map((samples) => ({
    name: `${samples} samples`,
    make: (generator: Generator, examples: number): Spoken => ({
      x: normalTensor([examples, samples], 0, 1, generator),
      tokens: drawnTokens([examples, 3], 2, 12, generator),
    }),
    gives: (_: Spoken, examples: number) => [examples, 3, 12],
  })) as [never, never],
  forward: (model, { x, tokens }) => scope(() => model.forward(x, tokens).logits),
  training: 'random',
  withoutGradient: { ...withoutGradient, '.*masked_spec_embed': 'nothing is masked here' },
  wrong: [
    { name: 'no batch', make: () => ({ x: tf.zeros([43]), tokens: tf.zeros([1, 2], 'int32') }) },
    { name: 'too few samples', make: () => ({ x: tf.zeros([1, 5]), tokens: tf.zeros([1, 2], 'int32') }) },
  ],
});

interface Written {
  readonly tokens: tf.Tensor;
  readonly frames: tf.Tensor;
  readonly speakers: tf.Tensor;
}

testModel('SpeechT5, text to speech', {
  // without the prenet's layers, whose dropout is on in evaluation too
  create: (generator) =>
    new SpeechT5ForTextToSpeech(
      { ...config, speech_decoder_prenet_layers: 0, speech_decoder_prenet_units: 4 },
      generator,
    ),
  load: (folder) => SpeechT5ForTextToSpeech.fromPretrained(folder),
  inputs: [
    {
      name: '5 tokens, 3 steps',
      make: (generator, examples): Written => ({
        tokens: drawnTokens([examples, 5], 2, 12, generator),
        frames: normalTensor([examples, 3, 4], 0, 1, generator),
        speakers: normalTensor([examples, 3], 0, 1, generator),
      }),
      gives: (_, examples) => ({ after: [examples, 6, 4], stops: [examples, 6] }),
    },
  ],
  forward: (model, { tokens, frames, speakers }) =>
    scope(() => {
      const { after, stops } = model.forward(tokens, frames, { speakers });
      return { after, stops: stops! };
    }),
  training: 'random',
  withoutGradient,
  wrong: [
    {
      name: 'other bands',
      make: () => ({ tokens: tf.zeros([1, 2], 'int32'), frames: tf.zeros([1, 3, 5]), speakers: tf.zeros([1, 3]) }),
    },
    {
      name: 'other speakers',
      make: () => ({ tokens: tf.zeros([1, 2], 'int32'), frames: tf.zeros([1, 3, 4]), speakers: tf.zeros([1, 2]) }),
    },
  ],
});

testModel('HiFi-GAN', {
  create: (generator) =>
    new HifiGan(
      {
        model_in_dim: 3,
        upsample_initial_channel: 8,
        upsample_rates: [3, 2],
        upsample_kernel_sizes: [5, 4],
        resblock_kernel_sizes: [3, 5],
        resblock_dilation_sizes: [[1, 2], [1]],
        initializer_range: 0.3,
      },
      generator,
    ),
  load: (folder) => HifiGan.fromPretrained(folder),
  inputs: [5, 1].map((frames) => ({
    name: `${frames} frames`,
    make: (generator: Generator, examples: number) => normalTensor([examples, frames, 3], 0, 1, generator),
    gives: (_: tf.Tensor, examples: number) => [examples, frames * 6],
  })) as [never, never],
  wrong: [{ name: 'other bands', make: () => tf.zeros([1, 5, 4]) }],
});

describe('SpeechT5', () => {
  beforeAll(() => useTestBackend('wasm'));
  // keep probability 1/2, as the checkpoints have it
  const make = (): SpeechT5ForTextToSpeech => new SpeechT5ForTextToSpeech(config, new Generator(1)).eval();

  it('speaks until it says that it is over, each as long as it is, and leaves nothing behind', async () => {
    const model = make();
    const tokens = drawnTokens([3, 6], 2, 12, new Generator(2));
    const speakers = normalTensor([1, 3], 0, 1, new Generator(3));
    const before = tf.memory().numTensors;
    const longest = await model.generateSpeech(tokens, {
      speakers,
      threshold: 3,
      maxLengthRatio: 2,
      needWeights: true,
    });
    expect(longest.lengths).toEqual([12, 12, 12]);
    expect(longest.spectrogram.shape).toEqual([3, 12, 4]);
    expect(longest.crossAttentions!.shape).toEqual([3, 1, 2, 6, 6]);
    tf.dispose([longest.spectrogram, longest.crossAttentions!]);
    const shortest = await model.generateSpeech(tokens, { speakers, threshold: 0, minLengthRatio: 1 });
    expect(shortest.lengths).toEqual([6, 6, 6]);
    shortest.spectrogram.dispose();
    const { lengths, spectrogram } = await model.generateSpeech(tokens, { speakers, threshold: 1, maxLengthRatio: 4 });
    expect(spectrogram.shape[1]).toBe(Math.max(...lengths));
    spectrogram.dispose();
    await expect(model.generateSpeech(tokens, { maxLengthRatio: Infinity })).rejects.toThrow(/might never end/);
    await expect(model.generateSpeech(tokens, { speakers: tf.ones([2, 3]) })).rejects.toThrow(/need 1 or 3 speakers/);
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  it('writes the same with and without beams of one, and hears padding as nothing', async () => {
    const model = new SpeechT5ForSpeechToText(config, new Generator(1)).eval();
    const x = normalTensor([2, 80], 0, 1, new Generator(2));
    const lengths = [80, 50];
    const before = tf.memory().numTensors;
    const options = { config: { maxNewTokens: 5, eosTokenId: null } };
    const { sequences } = await model.generate(x, { ...options, lengths });
    const moved = tf.tidy(() =>
      tf.keep(
        tf.concat([
          tf.slice(x, 0, 1),
          tf.pad(tf.slice(x, [1, 0], [1, 60]), [
            [0, 0],
            [0, 20],
          ]),
        ]),
      ),
    );
    expect((await model.generate(moved, { ...options, lengths })).sequences).toHaveLength(2);
    moved.dispose();
    expect(sequences[0]).toHaveLength(6);
    expect(tf.memory().numTensors).toBe(before);
    expect(() => model.forward(x, tf.zeros([2, 2], 'int32'), [80, 3])).toThrow(/length of sound 1/);
  });

  it('models of several tasks share one body', () => {
    const body = speechT5Body(speechT5Settings(config), new Generator(1));
    const spoken = new SpeechT5ForTextToSpeech(config, new Generator(2), body);
    const converted = new SpeechT5ForSpeechToSpeech(config, new Generator(3), body);
    const written = new SpeechT5ForSpeechToText(config, new Generator(4), body);
    for (const model of [spoken, converted, written]) {
      expect(model.speecht5.encoder.wrapped_encoder).toBe(body.encoder);
      expect(model.speecht5.decoder.wrapped_decoder).toBe(body.decoder);
    }
  });

  it('before it knows a task saves and loads itself, its body shared as before', async () => {
    const model = new SpeechT5ForPreTraining({ ...config, units: 5, codes: 7 }, new Generator(1)).eval();
    const folder = mkdtempSync(join(tmpdir(), 'speecht5-'));
    try {
      await model.savePretrained(folder);
      const loaded = (await SpeechT5ForPreTraining.fromPretrained(folder)).eval();
      expect(loaded.config).toEqual(model.config);
      expect(loaded.text_encoder.wrapped_encoder).toBe(loaded.speech_encoder.wrapped_encoder);
      const text = {
        noisy: drawnTokens([2, 4], 3, 12, new Generator(2)),
        labels: drawnTokens([2, 4], 3, 12, new Generator(3)),
      };
      const [denoised, again] = [model, loaded].map((each) => each.text(text).parts['denoised']!);
      // the mixing of codes is drawn anew
      expect(Math.abs(denoised!.dataSync()[0]! - again!.dataSync()[0]!)).toBeLessThan(0.5);
      const names = Array.from(model.namedParameters(), ([name]) => name);
      for (const [name, leaf] of loaded.namedParameters()) {
        expect(names).toContain(name);
        const same = [...model.namedParameters()].find(([other]) => other === name)![1];
        expectClose(leaf.value, same.value, { atol: 0 });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('drops the same units of the prenet for the whole batch, in evaluation too, with the gradient of what is kept', () => {
    const settings = speechT5Settings(config);
    const prenet = (seed: number): SpeechDecoderPrenet => {
      const generator = new Generator(seed);
      return new SpeechDecoderPrenet(settings, generator).eval();
    };
    const row = normalTensor([1, 3, 4], 0, 1, new Generator(2));
    const x = tf.concat([row, row]);
    const made = prenet(1).forward(x);
    expectClose(tf.slice(made, 1), tf.slice(made, 0, 1), { atol: 0 });
    expectClose(prenet(1).forward(x), made, { atol: 0 });
    const model = prenet(1);
    model.forward(x);
    expect(tf.max(tf.abs(tf.sub(model.forward(x), made))).dataSync()[0]).toBeGreaterThan(1e-4);
    expectGradient((y) => prenet(1).forward(y!), [row], { step: 1e-3, rtol: 5e-2 });
  });

  it('knows of relative places as a table of all pairs would', () => {
    scope(() => {
      const [length, reach, features] = [6, 3, 4];
      const { embed_positions } = speechT5Body(
        speechT5Settings({ ...config, encoder_max_relative_position: reach }),
        new Generator(1),
      ).encoder;
      const queries = normalTensor([2, 2, length, features], 0, 1, new Generator(2));
      const pairs = Array.from({ length: length * length }, (_, i) => {
        const distance = Math.floor(i / length) - (i % length);
        return Math.max(-reach, Math.min(reach - 1, distance)) + reach;
      });
      const table = tf.reshape(embed_positions.pe_k.forward(tf.tensor1d(pairs, 'int32')), [length, length, features]);
      const expected = functional.einsum('nhld,lsd->nhls', queries, table);
      expectClose(embed_positions.scoreBias(queries), expected, { atol: 1e-5 });
    });
  });
});
