import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { expectClose, expectValues, useTestBackend } from '@hourglass/core/testing';
import * as audio from '@hourglass/audio';

let folder: string;
beforeAll(async () => {
  await useTestBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'features-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const generator = new Generator(9);
const sound = (length: number): Float32Array => Float32Array.from({ length }, () => generator.uniform(-0.5, 0.7));

/** The extractor of a folder with this preprocessor_config.json. */
async function load(config: object): Promise<audio.AnyFeatureExtractor> {
  await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(config));
  return audio.loadFeatureExtractor(folder);
}

const shapesOf = (features: audio.Features): Record<string, number[]> =>
  Object.fromEntries(Object.entries(features).map(([name, x]) => [name, x.shape]));

describe('loadFeatureExtractor', () => {
  it('makes what the file says, with its settings', async () => {
    const extractor = await load({
      feature_extractor_type: 'WhisperFeatureExtractor',
      feature_size: 20,
      chunk_length: 1,
    });
    expect(extractor).toBeInstanceOf(audio.WhisperFeatureExtractor);
    expect(extractor.config).toMatchObject({
      feature_size: 20,
      chunk_length: 1,
      hop_length: 160,
      sampling_rate: 16000,
    });
  });

  it('says which kinds there are', async () => {
    await expect(load({ feature_extractor_type: 'ClapFeatureExtractor' })).rejects.toThrow(
      "'ClapFeatureExtractor'; there are",
    );
    await expect(load({})).rejects.toThrow('feature_extractor_type none');
    await expect(audio.loadFeatureExtractor(join(folder, 'none'))).rejects.toThrow('none');
  });
});

describe('waveforms', () => {
  it('are standardised over what counts, and padded', () => {
    const extractor = new audio.Wav2Vec2FeatureExtractor({ padding_value: 0.5, return_attention_mask: true });
    const { inputValues, attentionMask } = extractor.extract([sound(50), sound(80)], {
      padding: true,
      padToMultipleOf: 32,
    });
    expect(inputValues!.shape).toEqual([2, 96]);
    expectValues(tf.sum(attentionMask!, 1), [50, 80]);
    const first = tf.slice(inputValues!, [0, 0], [1, 50]);
    const { mean, variance } = tf.moments(first);
    expectValues(mean, [0], { atol: 1e-6 });
    expectValues(variance, [1], { atol: 1e-4 });
    expectValues(tf.slice(inputValues!, [0, 50], [1, 46]), new Float32Array(46).fill(0.5));
  });

  it('are cut, padded on the left, or refused where they do not fit together', () => {
    const extractor = new audio.Wav2Vec2FeatureExtractor({ padding_side: 'left', do_normalize: false });
    const options = { padding: 'max_length', maxLength: 6, truncation: true, returnAttentionMask: true } as const;
    const { inputValues, attentionMask } = extractor.extract([Float32Array.of(1, 2), sound(9)], options);
    expectValues(tf.slice(inputValues!, [0, 0], [1, 6]), [0, 0, 0, 0, 1, 2]);
    expectValues(attentionMask!, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(() => extractor.extract([sound(3), sound(4)])).toThrow('lengths 3, 4 do not fit');
    expect(() => extractor.extract(sound(3), { truncation: true })).toThrow('truncation needs maxLength');
    const fast = { channels: [sound(9)], sampleRate: 44100 };
    expect(() => extractor.extract(fast)).toThrow('resampleWaveform(sound, 16000)');
    expect(() => extractor.extract({ channels: [sound(9), sound(9)], sampleRate: 16000 })).toThrow('toMono');
    expect(() => extractor.extract([])).toThrow('no sound');
  });
});

describe('spectra', () => {
  it('have the frames that their models want', () => {
    const two = [sound(4000), sound(3000)];
    const options = { padding: true, returnAttentionMask: true };
    const whisper = new audio.WhisperFeatureExtractor({ feature_size: 20, chunk_length: 1 });
    expect(shapesOf(whisper.extract(two, { returnAttentionMask: true }))).toEqual({
      inputFeatures: [2, 100, 20],
      attentionMask: [2, 100],
    });
    const ast = new audio.ASTFeatureExtractor({ num_mel_bins: 16, max_length: 30 });
    expect(shapesOf(ast.extract(two))).toEqual({ inputValues: [2, 30, 16] });
    const speecht5 = new audio.SpeechT5FeatureExtractor({ num_mel_bins: 20 });
    expect(shapesOf(speecht5.extractPair(two, two, options))).toEqual({
      inputValues: [2, 4000],
      attentionMask: [2, 4000],
      labels: [2, 16, 20],
      decoderAttentionMask: [2, 16],
    });
    const univnet = new audio.UnivNetFeatureExtractor({ num_mel_bins: 20 });
    expect(shapesOf(univnet.extract(two, { padEnd: true }))).toEqual({
      inputFeatures: [2, 25, 20],
      paddingMask: [2, 6560],
      noiseSequence: [2, 25, 64],
    });
    const seamless = new audio.SeamlessM4TFeatureExtractor({ num_mel_bins: 16, feature_size: 16 });
    expect(shapesOf(seamless.extract(two))).toEqual({ inputFeatures: [2, 12, 32], attentionMask: [2, 12] });
    const s2t = new audio.Speech2TextFeatureExtractor({ num_mel_bins: 16, feature_size: 16 });
    expect(shapesOf(s2t.extract(two, options))).toEqual({ inputFeatures: [2, 23, 16], attentionMask: [2, 23] });
  });

  it('are made of sounds shorter than a window, mirrored again and again', () => {
    const speecht5 = new audio.SpeechT5FeatureExtractor({ num_mel_bins: 20 });
    const short = Float32Array.of(0.1, -0.2, 0.3);
    const long = Float32Array.from({ length: 2001 }, (_, i) => short[[0, 1, 2, 1][i % 4]!]!);
    const [first, second] = [short, long].map((x) =>
      tf.slice(speecht5.extractTargets(x)['inputValues']!, [0, 0, 0], [1, 1, 20]),
    );
    expectClose(first!, second!);
    const ast = new audio.ASTFeatureExtractor();
    expect(() => ast.extract(short)).toThrow('a sound of 3 samples is too short: features want 400 at least');
    expect(() => speecht5.extractTargets(new Float32Array(0))).toThrow('without samples');
  });

  it("have Whisper's mask where sounds are standardised", () => {
    const whisper = new audio.WhisperFeatureExtractor({ feature_size: 20, chunk_length: 1 });
    const of = (options: audio.WhisperFeatureOptions) =>
      shapesOf(whisper.extract(sound(3000), options))['attentionMask'];
    expect(of({ doNormalize: true, returnAttentionMask: false })).toEqual([1, 16000]);
    expect(of({ doNormalize: true, returnAttentionMask: true })).toEqual([1, 100]);
    expect(of({ returnAttentionMask: false })).toBeUndefined();
  });

  it('of one sound do not depend on the others, and nothing is left over', () => {
    const [a, b] = [sound(4000), sound(4000)];
    const extractors = [
      new audio.WhisperFeatureExtractor({ feature_size: 20, chunk_length: 1 }),
      new audio.ASTFeatureExtractor({ num_mel_bins: 16, max_length: 30 }),
      new audio.UnivNetFeatureExtractor({ num_mel_bins: 20 }),
    ];
    for (const extractor of extractors) {
      const [of] = Object.values(extractor.extract([a, b]));
      const [alone] = Object.values(extractor.extract(b));
      expectClose(tf.slice(of!, [1, 0, 0], [1, -1, -1]), alone!);
      const before = tf.memory().numTensors;
      tf.dispose(Object.values(extractor.extract(a)));
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});

describe('sounds for codecs', () => {
  it('are padded to whole chunks and frames', () => {
    const encodec = new audio.EncodecFeatureExtractor({
      feature_size: 2,
      sampling_rate: 1000,
      chunk_length_s: 0.1,
      overlap: 0.1,
    });
    const stereo = { channels: [sound(95), sound(95)], sampleRate: 1000 };
    const { inputValues, paddingMask } = encodec.extract(stereo);
    // two chunks of 100 that overlap by 10
    expect(inputValues!.shape).toEqual([1, 190, 2]);
    expectValues(tf.sum(paddingMask!), [95]);
    expect(tf.slice(inputValues!, [0, 7, 1], [1, 1, 1]).dataSync()[0]).toBe(stereo.channels[1]![7]);
    const dac = new audio.DacFeatureExtractor({ hop_length: 64 });
    expect(shapesOf(dac.extract([sound(100), sound(30)]))).toEqual({ inputValues: [2, 128, 1], paddingMask: [2, 128] });
    expect(() => dac.extract(sound(9), { padding: true, truncation: true, maxLength: 5 })).toThrow(
      'exclude each other',
    );
    expect(() => encodec.extract(sound(9))).toThrow('takes 2');
  });
});
