import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Generator } from '@hourglass/core';
import { WhisperForConditionalGeneration } from '@hourglass/audio';
import { capability, testBackends, useTestBackend } from '@hourglass/core/testing';
import { openTranscribedFolder, writeSound } from '@hourglass/audio/node';
import { tasks } from '@hourglass/audio/tasks';
import { runCommand } from '@hourglass/testing';
import { spokenTones } from '../tones.js';

const training = capability('fast enough to train');
const [backend] = testBackends('wasm');
const { train, evaluate, predict, info } = tasks.find(({ name }) => name === 'speech-recognition')!.commands;
const folder = mkdtempSync(join(tmpdir(), 'speech-'));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  await useTestBackend('wasm');
  const sounds = spokenTones(40, new Generator(3));
  for (const [i, { waveform }] of sounds.entries()) await writeSound(at(`data/${i}.wav`), waveform);
  writeFileSync(at('data/transcripts.tsv'), sounds.map(({ text }, i) => `${i}.wav\t${text}\n`).join(''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});

describe.skipIf(training.isMissing)(training.title('hourglass … speech-recognition'), () => {
  const quick = { backend, data: at('data'), epochs: 2, batchSize: 8, hidden: 8, layers: 1 };

  it.each(['lstm', 'conformer', 'wav2vec2'])('trains %s, scores and reads', async (architecture) => {
    const before = tf.memory().numTensors;
    const run = at(architecture);
    const lines = await runCommand(train!, { options: { ...quick, architecture, run } });
    expect(lines.join('\n')).toMatch(
      /32 sounds to train on, 4 to validate on, 4 for the test; 2000 Hz, 6 tokens[\s\S]*on 4 sounds of the test split\nword error rate/,
    );
    const scores = JSON.parse(readFileSync(join(run, 'scores-test.json'), 'utf8')) as Record<string, number>;
    expect(scores).toMatchObject({ sounds: 4 });
    const shared = { model: run, backend };
    await runCommand(evaluate!, { options: { ...shared, data: at('data'), json: at('again.json') } });
    expect(JSON.parse(readFileSync(at('again.json'), 'utf8'))).toEqual({ split: 'test', ...scores });
    const said = await runCommand(predict!, {
      options: { ...shared, beam: 4, out: at('read.tsv') },
      args: [at('data/3.wav')],
    });
    expect(said.at(-1)).toContain('1 transcripts');
    expect(readFileSync(at('read.tsv'), 'utf8')).toMatch(/3\.wav\t[abc ]*\n$/);
    expect((await runCommand(info!, { options: shared })).join('\n')).toMatch(
      /sound +2000 Hz\ntokens +6: <pad> <unk> \| a b c/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('goes on where it was stopped, to the same end', async () => {
    const options = { ...quick, epochs: 3, emaDecay: 0.9 };
    await runCommand(train!, { options: { ...options, run: at('whole') } });
    const stopped = { ...options, run: at('stopped') };
    const lines = await runCommand(train!, {
      options: stopped,
      stopWhen: () => existsSync(at('stopped/checkpoints/pointer.json')),
    });
    expect(lines.at(-1)).toMatch(/stopped at step \d+; go on with: hourglass train speech-recognition --data/);
    await runCommand(train!, { options: { ...stopped, resume: true } });
    const [whole, resumed] = ['whole', 'stopped'].map((run) => readFileSync(at(`${run}/scores-test.json`), 'utf8'));
    expect(resumed).toBe(whole);
  });

  it('says which options do not go together', async () => {
    await expect(runCommand(train!, { options: { ...quick, subsampling: 3, run: at('x') } })).rejects.toThrow('2 or 4');
    const encoder = { data: at('data'), encoder: 'a/b', run: at('y') };
    await expect(runCommand(train!, { options: encoder })).rejects.toThrow(
      '--encoder has no effect without --architecture wav2vec2',
    );
  });
});

it('hourglass predict speech-recognition writes with Whisper too, with beams', async () => {
  const config = { vocab_size: 12, num_mel_bins: 5, d_model: 8, max_source_positions: 5, max_target_positions: 8 };
  const layers = { encoder_layers: 1, decoder_layers: 1, encoder_ffn_dim: 6, decoder_ffn_dim: 6 };
  const heads = { encoder_attention_heads: 2, decoder_attention_heads: 2, decoder_start_token_id: 2 };
  const tokens = { pad_token_id: 1, bos_token_id: 2, eos_token_id: 3, init_std: 1 };
  const model = new WhisperForConditionalGeneration({ ...config, ...layers, ...heads, ...tokens }, new Generator(1));
  await model.savePretrained(at('whisper'));
  model.dispose();
  const letters = Object.fromEntries(Array.from('abcdefgh', (letter, i) => [letter, i + 4]));
  writeFileSync(at('whisper/vocab.json'), JSON.stringify(letters));
  const features = { feature_extractor_type: 'WhisperFeatureExtractor', feature_size: 5, chunk_length: 0.1 };
  writeFileSync(at('whisper/preprocessor_config.json'), JSON.stringify(features));
  const options = { model: at('whisper'), backend, beam: 2, out: at('written.tsv') };
  await runCommand(predict!, { options, args: [at('data/3.wav')] });
  expect(readFileSync(at('written.tsv'), 'utf8')).toMatch(/3\.wav\t[a-h]*\n$/);
});

describe('openTranscribedFolder', () => {
  const silence = { channels: [new Float32Array(100)], sampleRate: 8000 };
  const textsOf = async (name: string): Promise<readonly string[]> =>
    (await openTranscribedFolder(at(name), { split: 'all' })).texts;

  it('finds the words of spoken digits, of LibriSpeech, of manifests and of text files', async () => {
    for (const name of ['7_ann_0.wav', '0_bob_12.wav']) await writeSound(at(`digits/${name}`), silence);
    expect(await textsOf('digits')).toEqual(['zero', 'seven']);
    for (const name of ['103-1-0000.wav', '103-1-0001.wav']) await writeSound(at(`libri/103/1/${name}`), silence);
    writeFileSync(at('libri/103/1/103-1.trans.txt'), '103-1-0000 IT WAS\n103-1-0001 A NIGHT\n');
    expect((await textsOf('libri')).toSorted()).toEqual(['A NIGHT', 'IT WAS']);
    await writeSound(at('manifest/a.wav'), silence);
    writeFileSync(at('manifest/manifest.json'), JSON.stringify([{ file: 'a.wav', transcript: 'good day' }]));
    expect(await textsOf('manifest')).toEqual(['good day']);
    await writeSound(at('beside/a.wav'), silence);
    writeFileSync(at('beside/a.txt'), 'good night\n');
    expect(await textsOf('beside')).toEqual(['good night']);
  });

  it('names the sounds that have none', async () => {
    await writeSound(at('mute/a.wav'), silence);
    await expect(textsOf('mute')).rejects.toThrow('has no transcript for a.wav; write transcripts.tsv');
    writeFileSync(at('mute/transcripts.tsv'), 'a.wav no tab\n');
    await expect(textsOf('mute')).rejects.toThrow('line 1 should be a file, a tab and its text');
  });
});
