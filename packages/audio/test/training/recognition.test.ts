import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromArray, Generator, manualSeed } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import {
  CharacterVocabulary,
  evaluateRecognition,
  resampleWaveform,
  SpeechRecognizer,
  trainRecognition,
  transcribe,
  Wav2Vec2ForCTC,
  type Waveform,
} from '@hourglass/audio';
import { spokenTones } from '../tones.js';

const training = capability('fast enough to train');
let folder: string;
beforeAll(async () => {
  await useTestBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'recognition-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const config = { architecture: 'lstm', sampleRate: 2000, nMels: 16, channels: 4, hidden: 24, layers: 1 } as const;

describe('CharacterVocabulary', () => {
  it('writes and reads texts, and vocab.json of the hub', () => {
    const vocabulary = CharacterVocabulary.of(['no one', 'eight']);
    expect(vocabulary.tokens).toEqual(['<pad>', '<unk>', '|', 'e', 'g', 'h', 'i', 'n', 'o', 't']);
    expect(vocabulary.decode(vocabulary.encode(' one  eight '))).toBe('one eight');
    expect(vocabulary.encode('ox')).toEqual([8, 1]);
    expect(vocabulary.encode('ONE')).toEqual(vocabulary.encode('one'));
    const read = CharacterVocabulary.fromJSON(vocabulary.toJSON(), 'here');
    expect(read.tokens).toEqual(vocabulary.tokens);
    expect(() => vocabulary.decode([99])).toThrow('no token 99 in a vocabulary of 10');
    expect(() => CharacterVocabulary.fromJSON({ a: 0, b: 0 }, 'here')).toThrow(
      'here: vocab.json must number its tokens',
    );
    expect(() => CharacterVocabulary.fromJSON({ eng: { a: 0 } }, 'here')).toThrow("'eng' does not");
    expect(() => new CharacterVocabulary(['a'])).toThrow('needs a blank');
  });
});

describe('a recogniser', () => {
  it('reads padded sounds as it reads them alone', async () => {
    const model = SpeechRecognizer.create(config, CharacterVocabulary.of(['ab']), new Generator(2)).eval();
    const samples = model.prepare(Float32Array.from({ length: 333 }, (_, i) => Math.sin(i * i * 0.01)));
    const alone = tf.tensor2d(samples, [1, 333]);
    const padded = tf.concat([alone, tf.fill([1, 200], 3)], 1);
    const frames = model.frames(333);
    const [a, b] = [alone, padded].map((x) =>
      tf.slice(model.forward({ samples: x, lengths: [333] }), [0, 0, 0], [1, frames, 5]).dataSync(),
    );
    const gap = Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)));
    expect(gap).toBeLessThan(1e-5);
    model.dispose();
  });

  it('keeps its characters and how sound comes to it beside its weights, as on the hub', async () => {
    const vocabulary = CharacterVocabulary.of(['ab']);
    const net = new Wav2Vec2ForCTC(
      {
        conv_dim: [6],
        conv_kernel: [5],
        conv_stride: [4],
        hidden_size: 8,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 8,
        num_conv_pos_embeddings: 3,
        num_conv_pos_embedding_groups: 2,
        vocab_size: vocabulary.size,
      },
      new Generator(1),
    );
    const model = new SpeechRecognizer(net, vocabulary, { sampling_rate: 2000, return_attention_mask: false });
    await model.savePretrained(folder);
    expect(JSON.parse(await readFile(join(folder, 'vocab.json'), 'utf8'))).toEqual({
      '<pad>': 0,
      '<unk>': 1,
      '|': 2,
      a: 3,
      b: 4,
    });
    // the file is that of the acoustic model
    (await Wav2Vec2ForCTC.fromPretrained(folder)).dispose();
    const loaded = await SpeechRecognizer.fromPretrained(folder);
    expect(loaded.preprocessing).toEqual({ sampling_rate: 2000, do_normalize: true, return_attention_mask: false });
    expect(loaded.vocabulary.tokens).toEqual(vocabulary.tokens);
    loaded.dispose();
    await rm(join(folder, 'vocab.json'));
    await expect(SpeechRecognizer.fromPretrained(folder)).rejects.toThrow('has no vocab.json');
    model.dispose();
  });

  it('takes sound of any rate, and of two channels', async () => {
    const model = SpeechRecognizer.create(config, CharacterVocabulary.of(['ab']), new Generator(2));
    const samples = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i * i * 1e-4));
    const waveform = { channels: [samples, samples], sampleRate: 8000 };
    const own = resampleWaveform({ channels: [samples], sampleRate: 8000 }, 2000);
    const lossOf = async (waveform: Waveform): Promise<number> =>
      (await evaluateRecognition(model, fromArray([{ waveform, text: 'ab' }]))).loss;
    expect(await lossOf(waveform)).toBe(await lossOf(own));
    expect(await lossOf({ ...own, sampleRate: 1999 })).not.toBe(await lossOf(own));
    model.dispose();
  });
});

describe.skipIf(training.isMissing)(training.title('trainRecognition'), () => {
  it('learns to read tones as letters, and forgets no tensor', async () => {
    manualSeed(1);
    const [train, test] = [spokenTones(160, new Generator(1)), spokenTones(24, new Generator(2))];
    const model = SpeechRecognizer.create(
      { ...config, subsampling: 4, dropout: 0, masking: 0 },
      CharacterVocabulary.of(train.map(({ text }) => text)),
    );
    const before = tf.memory().numTensors;
    await trainRecognition(model, fromArray(train), { epochs: 8, batchSize: 8, learningRate: 0.015, speed: 0 });
    const scores = await evaluateRecognition(model, fromArray(test));
    expect(tf.memory().numTensors).toBe(before);
    expect(scores.characters.rate).toBeLessThan(0.05);
    expect(scores.words.rate).toBeLessThan(0.1);
    expect(scores.references).toEqual(test.map(({ text }) => text));
    const read = await transcribe(model, fromArray(test), { beamWidth: 8, batchSize: 5 });
    expect(read.filter((text, i) => text === scores.hypotheses[i]).length).toBeGreaterThan(20);
    model.dispose();
  });
});
