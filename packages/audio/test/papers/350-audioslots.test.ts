import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, uniformTensor } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import {
  AudioSlots,
  audioSlotsLoss,
  MixtureDataset,
  separationScores,
  trainAudioSlots,
  type AudioSlotsConfig,
  type SoloRecording,
} from '@hourglass/audio';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const sampleRate = 4000;
const config: AudioSlotsConfig = {
  fftLength: 64,
  hopLength: 32,
  patchSize: [4, 4],
  width: 32,
  heads: 4,
  encoderLayers: 1,
  slotLayers: 1,
  decoderLayers: 1,
  sampleRate,
};

/** Tones, each of a pitch and a rhythm of its own. */
function tones(generator: Generator, count: number): SoloRecording[] {
  return Array.from({ length: count }, (_, i) => {
    const pitch = 200 + 1600 * ((i + 0.5) / count);
    const rhythm = generator.uniform(3, 9);
    const start = generator.uniform(0, 6);
    const samples = Float32Array.from({ length: sampleRate }, (_, t) => {
      const time = t / sampleRate;
      return Math.sin(2 * Math.PI * pitch * time) * (Math.sin(rhythm * 2 * Math.PI * time + start) > -0.3 ? 1 : 0.05);
    });
    return { waveform: { channels: [samples], sampleRate }, source: `tone ${i}` };
  });
}

const mixtures = (recordings: readonly SoloRecording[], length: number, seed: number, fresh: boolean): MixtureDataset =>
  new MixtureDataset(recordings, { seconds: 0.2, length, seed, fresh });

/** Mean SI-SDR of the sources, and of the mixture in their place. */
function scores(model: AudioSlots, data: MixtureDataset): { separated: number; mixture: number } {
  let [separated, mixed] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const { mixture, sources } = data.get(i);
    const values = tf.tidy(() => model.forward(tf.tensor2d(mixture, [1, mixture.length])).dataSync<'float32'>());
    const halves = (all: Float32Array): Float32Array[] => [
      all.subarray(0, all.length / 2),
      all.subarray(all.length / 2),
    ];
    const { siSdr, siSdri } = separationScores(halves(values), halves(sources.values), mixture);
    separated += siSdr / data.length;
    mixed += (siSdr - siSdri) / data.length;
  }
  return { separated, mixture: mixed };
}

describe('AudioSlots (350)', () => {
  it('slots in another order give the same sources in that order', () => {
    const model = new AudioSlots({ ...config, slots: 3 }, new Generator(2)).eval();
    const sound = normalTensor([2, 500], 0, 1, new Generator(3));
    const order = [2, 0, 1];
    const difference = tf.tidy(() => {
      const usual = model.outputs(sound);
      const turned = model.outputs(sound, tf.gather(model.queries.value, order));
      const same = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.max(tf.abs(tf.sub(tf.gather(a, order, 1), b)));
      const distinct = tf.mean(tf.abs(tf.sub(usual.sources, turned.sources)));
      return [
        same(usual.embeddings, turned.embeddings),
        same(usual.magnitudes, turned.magnitudes),
        same(usual.sources, turned.sources),
        distinct,
      ].map((x) => x.dataSync<'float32'>()[0]!);
    });
    expect(Math.max(...difference.slice(0, 3))).toBeLessThan(1e-4);
    expect(difference[3]).toBeGreaterThan(1e-3);
    sound.dispose();
    model.dispose();
  });

  it('the loss does not depend on the order of the sources', () => {
    const generator = new Generator(4);
    const [slots, targets] = [
      uniformTensor([3, 2, 5, 4], 0, 1, generator),
      uniformTensor([3, 2, 5, 4], 0, 1, generator),
    ];
    const values = tf.tidy(() => {
      const direct = audioSlotsLoss(slots, targets);
      const turned = audioSlotsLoss(slots, tf.reverse(targets, 1));
      const fixed = tf.mean(tf.squaredDifference(slots, targets));
      return [direct.loss, turned.loss, fixed].map((x) => x.dataSync<'float32'>()[0]!);
    });
    expect(values[1]).toBe(values[0]);
    expect(values[0]).toBeLessThan(values[2]!);
    tf.dispose([slots, targets]);
  });

  // Two seeds: 13.7 and 15.0 dB above the mixture. Spectrograms of their own take longer: with `output: 'spectrogram'` and 180 steps on
  // steady tones the sources were still 1 to 3 dB below the mixture.
  it.skipIf(training.isMissing)(
    training.title('slots learn to draw one source each: SI-SDR rises far above the mixture'),
    async () => {
      const recordings = tones(new Generator(6), 8);
      const held = mixtures(recordings, 16, 99, false);
      const model = new AudioSlots(config, new Generator(1));
      const before = scores(model.eval(), held);
      model.train();
      const schedule = { steps: 120, batchSize: 8, learningRate: 3e-3 };
      await trainAudioSlots(model, mixtures(recordings, 800, 1, true), schedule);
      const after = scores(model.eval(), held);
      expect(before.separated).toBeLessThan(before.mixture + 1);
      expect(after.separated).toBeGreaterThan(after.mixture + 8);
      model.dispose();
    },
  );
});
