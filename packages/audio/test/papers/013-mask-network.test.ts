import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import {
  globalNormalizedSdr,
  idealBinaryMask,
  MaskNetwork,
  trainMaskNetwork,
  type MaskNetworkConfig,
  type SeparatedTrack,
  type VoicedTrack,
} from '@hourglass/audio';
import { drawAccompaniment, drawVoice } from '../support/voices.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const sampleRate = 4000;
const config: MaskNetworkConfig = {
  fftLength: 128,
  winLength: 128,
  hopLength: 64,
  channels: [6, 6, 8, 8],
  kernelSize: [3, 5],
  poolSize: 4,
  frames: 5,
  hidden: [192, 128],
  dropout: 0,
  compression: 0.5,
  sampleRate,
};

const songs = (generator: Generator, count: number): VoicedTrack[] =>
  Array.from({ length: count }, () => ({
    voice: drawVoice(generator, 1.5, sampleRate),
    accompaniment: drawAccompaniment(generator, 1.5, sampleRate),
  }));

/** What the mixture is taken apart into. */
function separated(model: MaskNetwork, tracks: readonly VoicedTrack[]): SeparatedTrack[] {
  return tracks.map(({ voice, accompaniment }) => {
    const target = voice.channels[0]!;
    const mixture = target.map((value, t) => value + accompaniment.channels[0]![t]!);
    const estimate = tf.tidy(() =>
      model.separate(tf.tensor2d(mixture, [1, mixture.length])).voice.dataSync<'float32'>(),
    );
    return { estimate, target, mixture };
  });
}

describe('singing voice separation by ideal binary masks (013)', () => {
  it('the ideal binary mask says where the voice is louder, and with it the mixture gives the voice', () => {
    // real and imaginary parts
    const voice = tf.tensor2d([1, 0, 0, 0, 3, -3, 0, 2], [4, 2]);
    const accompaniment = tf.tensor2d([0.5, 0.5, 0, 0, 4, 4, 1, 1], [4, 2]);
    const mask = idealBinaryMask(voice, accompaniment);
    expect([...mask.dataSync()]).toEqual([1, 0, 0, 1]);
    tf.dispose([voice, accompaniment, mask]);
  });

  it.skipIf(training.isMissing)(
    training.title(
      'the trained mask raises SDR without a filter behind it, and pre-training as an autoencoder of voices helps',
    ),
    async () => {
      const generator = new Generator(5);
      const [known, unseen] = [songs(generator, 24), songs(generator, 8)];
      const schedule = { learningRate: 2e-3, patchHop: 4, batchSize: 16 };
      /** GNSDR of networks with several first weights. */
      const gain = async (pretraining: number): Promise<number> => {
        const networks = [1, 2].map((seed) => new MaskNetwork(config, new Generator(seed)));
        const tracks: SeparatedTrack[] = [];
        for (const model of networks) {
          if (pretraining > 0)
            await trainMaskNetwork(model, known, { ...schedule, steps: pretraining, learn: 'voice' });
          await trainMaskNetwork(model, known, { ...schedule, steps: 60 });
          tracks.push(...separated(model.eval(), unseen));
          model.dispose();
        }
        return globalNormalizedSdr(tracks, { filterLength: 32 });
      };
      const [fromRandom, fromVoices] = [await gain(0), await gain(300)];
      expect(fromRandom).toBeGreaterThan(3);
      expect(fromVoices).toBeGreaterThan(fromRandom + 0.1);
    },
    120_000,
  );
});
