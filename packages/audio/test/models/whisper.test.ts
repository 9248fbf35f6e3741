import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  cutSegments,
  timestampRules,
  WhisperForConditionalGeneration,
  WhisperTranscriber,
  WhisperVocabulary,
  type WhisperConfig,
  type WhisperTranscribeOptions,
} from '@hourglass/audio';
import { Generator, normalTensor, scope, type generation } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawnTokens } from './drawn.js';

const config: WhisperConfig = {
  vocab_size: 24,
  num_mel_bins: 5,
  d_model: 8,
  encoder_layers: 1,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 6,
  decoder_layers: 2,
  decoder_attention_heads: 4,
  decoder_ffn_dim: 6,
  max_source_positions: 5,
  max_target_positions: 12,
  pad_token_id: 1,
  bos_token_id: 2,
  eos_token_id: 3,
  decoder_start_token_id: 2,
  init_std: 0.4,
};

interface Input {
  readonly features: tf.Tensor;
  readonly tokens: tf.Tensor;
}

const inputOf = (length: number) => ({
  name: `${length} tokens`,
  make: (generator: Generator, examples: number): Input => ({
    features: normalTensor([examples, 10, 5], 0, 1, generator),
    tokens: drawnTokens([examples, length], 2, 24, generator),
  }),
  gives: (_: Input, examples: number) => [examples, length, 24],
});

testModel('Whisper', {
  create: (generator) => new WhisperForConditionalGeneration({ ...config, dropout: 0.2 }, generator),
  load: (folder) => WhisperForConditionalGeneration.fromPretrained(folder),
  inputs: [inputOf(3), inputOf(7), inputOf(1)],
  forward: (model, { features, tokens }) => scope(() => model.forward(features, tokens).logits),
  training: 'random',
  wrong: [
    {
      name: 'too few frames',
      make: () => ({ features: tf.zeros([1, 9, 5]), tokens: tf.zeros([1, 2], 'int32') }),
    },
    {
      name: 'more tokens than places',
      make: () => ({ features: tf.zeros([1, 10, 5]), tokens: tf.zeros([1, 13], 'int32') }),
    },
  ],
});

describe('Whisper writes', () => {
  beforeAll(() => useTestBackend('wasm'));
  const languages = { '<|en|>': 4, '<|de|>': 5 };
  const generationJson = {
    eos_token_id: 3,
    pad_token_id: 1,
    lang_to_id: languages,
    task_to_id: { transcribe: 6, translate: 7 },
    no_timestamps_token_id: 8,
    max_length: 12,
  };
  const make = (): WhisperForConditionalGeneration =>
    new WhisperForConditionalGeneration(config, new Generator(3), generationJson).eval();

  it('what the whole sequence says token by token, and leaves nothing behind', async () => {
    const model = make();
    const features = normalTensor([2, 10, 5], 0, 1, new Generator(1));
    const before = tf.memory().numTensors;
    const { sequences } = await model.generate(features, { language: 'de', task: 'translate' });
    await model.generate(features, { config: { numBeams: 3 } });
    expect(tf.memory().numTensors).toBe(before);
    for (const row of sequences) expect(row.slice(0, 4)).toEqual([2, 5, 7, 8]);
    const ids = tf.tensor2d(sequences, [2, sequences[0]!.length], 'int32');
    const best = tf.tidy(() => tf.argMax(model.forward(features, ids).logits, -1).arraySync() as number[][]);
    sequences.forEach((row, n) => {
      for (let at = 4; at < row.length; at++) {
        expect(row[at]).toBe(best[n]![at - 1]);
        if (row[at] === 3) break;
      }
    });
  });

  it('hears a language where none is given, and one at a time', async () => {
    const model = make();
    const features = normalTensor([3, 10, 5], 0, 1, new Generator(2));
    const heard = await model.detectLanguage(features);
    expect(heard.every((token) => Object.values(languages).includes(token))).toBe(true);
    const { sequences } = await model.generate(features);
    expect(sequences.map((row) => row[1])).toEqual(heard);
  });

  it('a sound of any length, window by window, in segments that go forward', async () => {
    const model = make();
    const features = normalTensor([1, 33, 5], 0, 1, new Generator(4));
    const before = tf.memory().numTensors;
    for (const timestamps of [true, false]) {
      const segments = await model.transcribe(features, { language: 'en', timestamps });
      expect(segments.length).toBeGreaterThanOrEqual(timestamps ? 1 : 4);
      let last = 0;
      for (const { start, end } of segments) {
        expect(start).toBeGreaterThanOrEqual(last - 1e-9);
        expect(end).toBeGreaterThanOrEqual(start);
        last = timestamps ? start : end;
      }
      if (!timestamps) expect(last).toBeCloseTo(0.33);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('again at the next temperature what does not keep the thresholds, and leaves silence out', async () => {
    const model = make();
    const features = normalTensor([1, 25, 5], 0, 1, new Generator(4));
    const before = tf.memory().numTensors;
    const prompts: number[][] = [];
    let last = 0;
    const counts: generation.LogitsProcessor = (tokens) => {
      // a search begins where a sequence is not one longer than the one before
      if (prompts.length === 0 || tokens.length !== last + 1) prompts.push([...tokens]);
      last = tokens.length;
    };
    const searches = async (options: WhisperTranscribeOptions): Promise<number> => {
      prompts.length = 0;
      const call = { language: 'en', timestamps: false, config: { maxNewTokens: 3, eosTokenId: null } };
      await model.transcribe(features, { ...call, ...options, processors: [counts] });
      return prompts.length;
    };
    const temperature = [0, 0.2, 1];
    expect(await searches({ temperature })).toBe(3);
    expect(await searches({ temperature, logprobThreshold: 0 })).toBe(9);
    expect(await searches({ temperature, logprobThreshold: -1e9, noSpeechThreshold: 0 })).toBe(3);
    expect(await searches({ temperature, compressionRatioThreshold: 0 })).toBe(9);
    expect(await searches({ temperature, compressionRatioThreshold: 100 })).toBe(3);
    // silence ends the search, and nothing is said
    expect(await searches({ temperature, logprobThreshold: 0, noSpeechThreshold: 0 })).toBe(3);
    const silent = { logprobThreshold: 0, noSpeechThreshold: 0 };
    expect(await model.transcribe(features, { language: 'en', ...silent })).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
    await searches({ promptIds: [9, 10] });
    expect(prompts.map((prompt) => prompt.slice(0, 3))).toEqual(Array.from({ length: 3 }, () => [9, 10, 2]));
    const words = { suppressTokens: Array.from({ length: 15 }, (_, i) => 9 + i), prevSotTokenId: 11 };
    await searches({ conditionOnPrevTokens: true, config: { maxNewTokens: 3, eosTokenId: null, ...words } });
    expect(prompts[0]![0]).toBe(2);
    expect(prompts[1]![0]).toBe(11);
    expect(prompts[1]!.length).toBe(prompts[0]!.length + 4);
    await expect(model.transcribe(features, { temperature: [] })).rejects.toThrow('empty list');
  });

  it('in the language that it hears where a checkpoint forces another, but a task is asked for', async () => {
    const forced = { ...generationJson, forced_decoder_ids: [[1, 5]] };
    const model = new WhisperForConditionalGeneration(config, new Generator(3), forced).eval();
    const features = normalTensor([2, 10, 5], 0, 1, new Generator(2));
    const { sequences } = await model.generate(features, { task: 'translate' });
    const heard = await model.detectLanguage(features);
    expect(sequences.map((row) => row.slice(0, 3))).toEqual(heard.map((token) => [2, token, 7]));
    expect((await model.generate(features)).sequences.map((row) => row[1])).toEqual([5, 5]);
  });

  it('keeps generation_config.json, and says what a checkpoint does not know', async () => {
    const model = make();
    await expect(model.generate(tf.zeros([1, 10, 5]), { language: 'fr' })).rejects.toThrow(
      /no language 'fr'; there are en, de/,
    );
    const bare = new WhisperForConditionalGeneration(config, new Generator(3));
    await expect(bare.generate(tf.zeros([1, 10, 5]), { timestamps: true })).rejects.toThrow(/has no times/);
    await expect(bare.detectLanguage(tf.zeros([1, 10, 5]))).rejects.toThrow(/lang_to_id/);
    await expect(bare.transcribe(tf.zeros([2, 10, 5]))).rejects.toThrow(/of one sound/);
  });
});

describe('text', () => {
  beforeAll(() => useTestBackend('wasm'));
  const vocab = { Ġh: 4, Ã: 5, '¤': 6, ĠðŁ: 7, ĵ: 8, '<|en|>': 9, llo: 10 };

  it('is made of bytes, without what stands for no text', () => {
    const vocabulary = new WhisperVocabulary(vocab);
    expect(vocabulary.decode([9, 4, 5, 6, 10, 23])).toBe(' hällo');
    expect(vocabulary.decode([7, 8])).toBe(' \u{fffd}');
    expect(() => new WhisperVocabulary({ a: 'b' })).toThrow("'a' has no number");
  });

  it('is read from sounds of any rate with what stands beside a checkpoint', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whisper-'));
    try {
      const model = new WhisperForConditionalGeneration({ ...config, dropout: 0.5 }, new Generator(3));
      await model.savePretrained(folder);
      await expect(WhisperTranscriber.fromPretrained(folder)).rejects.toThrow('text needs vocab.json');
      writeFileSync(join(folder, 'vocab.json'), JSON.stringify(vocab));
      const features = { feature_extractor_type: 'WhisperFeatureExtractor', feature_size: 5, chunk_length: 0.1 };
      writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(features));
      const before = tf.memory().numTensors;
      const transcriber = await WhisperTranscriber.fromPretrained(folder);
      const noise = Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i * i));
      const sound = { channels: [noise, noise], sampleRate: 8000 };
      const words = { suppressTokens: Array.from({ length: 24 }, (_, i) => i).filter((i) => i < 4 || i > 10) };
      const progress: number[] = [];
      const onProgress = ({ done, total }: { done: number; total: number }): void => void progress.push(done / total);
      const options = { temperature: 0, config: words, onProgress };
      const { text, segments } = await transcriber.transcribe(sound, options);
      expect(progress).toEqual([0.4, 0.8, 1]);
      // nothing is dropped, though the model may be amid a training
      expect(transcriber.training).toBe(true);
      expect((await transcriber.transcribe(sound, options)).text).toBe(text);
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(transcriber.transcribe(sound, { ...options, signal })).rejects.toThrow('enough');
      // a quarter of a second in windows of a tenth
      expect(segments.map(({ start }) => Math.round(start * 100))).toEqual([0, 10, 20]);
      expect(text).toBe(
        segments
          .map((segment) => segment.text)
          .join('')
          .trim(),
      );
      expect(text.length).toBeGreaterThan(0);
      transcriber.dispose();
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('times', () => {
  const allowed = (said: number[], scores = new Float32Array(12)): number[] => {
    // words 0 … 4, end 5, no times 6, times 7 … 11
    timestampRules(7, 2, 5, 1)([8, 9, ...said], scores, 0);
    return [...scores.keys()].filter((token) => scores[token]! > -Infinity);
  };

  it('come first, in pairs, and not backwards', () => {
    expect(allowed([])).toEqual([7, 8]);
    const words = Float32Array.from({ length: 12 }, (_, i) => (i < 6 ? 9 : 0));
    expect(allowed([7], words.slice())).toEqual([0, 1, 2, 3, 4, 5]);
    expect(allowed([7, 1], words.slice())).toEqual([0, 1, 2, 3, 4, 5, 8, 9, 10, 11]);
    expect(allowed([7, 1, 9], words.slice())).toEqual([5, 9, 10, 11]);
    expect(allowed([7, 1, 9, 9], words.slice())).toEqual([0, 1, 2, 3, 4, 5]);
    // times that are likelier together than any word
    expect(allowed([7, 1])).toEqual([8, 9, 10, 11]);
  });

  it('cut what was said into segments, and say where to go on', () => {
    const cut = (tokens: number[]) => cutSegments(tokens, 7, 100, 0.01);
    expect(cut([7, 1, 2, 9, 9, 3, 11])).toEqual({
      segments: [
        { start: 0, end: 0.04, tokens: [7, 1, 2, 9] },
        { start: 0.04, end: 0.08, tokens: [9, 3, 11] },
      ],
      next: 100,
    });
    expect(cut([7, 1, 9, 9, 2, 10, 10, 3]).next).toBe(6);
    expect(cut([7, 1, 9, 9, 2, 10, 10, 3]).segments.map(({ tokens }) => tokens)).toEqual([
      [7, 1, 9],
      [9, 2, 10, 10],
    ]);
    expect(cut([7, 1, 2, 9])).toEqual({ segments: [{ start: 0, end: 0.04, tokens: [7, 1, 2, 9] }], next: 100 });
    expect(cut([1, 2])).toEqual({ segments: [{ start: 0, end: 1, tokens: [1, 2] }], next: 100 });
  });
});
