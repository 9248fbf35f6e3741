import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, init, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import { complexIdealRatioMask, createEnhancer, enhanceWaveform, FRCRN, type FRCRNConfig } from '@hourglass/audio';

const small: FRCRNConfig = { fftLength: 32, channels: 4, order: 3, reduction: 2, sampleRate: 8000 };

const sound = (length: number): InputCase<tf.Tensor> => ({
  name: `${length} samples`,
  make: (generator, examples) => normalTensor([examples, length], 0, 1, generator),
  gives: (_, examples) => [examples, length],
});

const withoutGradient = {
  'unet2?\\.(en|de)coders\\.\\d\\.(conv|transconv)\\.t?conv_(re|im)\\.bias': 'batch norm takes the mean out again',
};

/** Of so few units in a gate all may be switched off by chance; these are not. */
function withOpenGates(model: FRCRN): FRCRN {
  for (const [name, parameter] of model.namedParameters()) {
    if (/fc_[ri]\.0\.bias$/.test(name)) init.ones(parameter);
  }
  return model;
}

testModel('FRCRN', {
  create: (generator) => withOpenGates(new FRCRN(small, generator)),
  load: (folder) => FRCRN.fromPretrained(folder),
  inputs: [sound(96), sound(77), sound(1)],
  training: 'different',
  withoutGradient,
  wrong: [
    { name: 'sound with channels', make: () => tf.zeros([1, 64, 2]) },
    { name: 'no samples', make: () => tf.zeros([1, 0]) },
  ],
});

testModel('FRCRN that sees no later frames', {
  create: (generator) => withOpenGates(new FRCRN({ ...small, causal: true, stages: 1 }, generator)),
  load: (folder) => FRCRN.fromPretrained(folder),
  inputs: [sound(48)],
  training: 'different',
  withoutGradient,
  wrong: [{ name: 'sound with channels', make: () => tf.zeros([1, 64, 2]) }],
});

beforeAll(() => useTestBackend('wasm'));

describe('FRCRN', () => {
  it('a causal mask depends on frames up to its own, the published one on later ones too', () => {
    const reach = (causal: boolean): number[] => {
      const model = new FRCRN({ ...small, stages: 1, causal }, new Generator(3)).eval();
      const spectrum = normalTensor([1, 12, 17, 2], 0, 1, new Generator(4));
      const gradient = tf.tidy(() =>
        tf
          .sum(
            tf.abs(tf.grad((x: tf.Tensor) => tf.sum(tf.slice(model.mask(x), [0, 5, 0, 0], [1, 1, -1, -1])))(spectrum)),
            [0, 2, 3],
          )
          .dataSync<'float32'>(),
      );
      spectrum.dispose();
      model.dispose();
      return [...gradient].flatMap((value, frame) => (value > 0 ? [frame] : []));
    };
    expect(Math.max(...reach(true))).toBe(5);
    expect(Math.max(...reach(false))).toBeGreaterThan(5);
  });

  it('the complex ideal ratio mask turns noisy into clean, and stays small where there is nothing to mask', () => {
    const noisy = tf.tensor2d([3, 4, 0, 2, 1e-3, 0], [3, 2]);
    const clean = tf.tensor2d([4, -3, 1, 0, 1, 0], [3, 2]);
    const mask = complexIdealRatioMask(noisy, clean);
    const expected = [0, -1, 0, -0.5, 1, 0];
    expect([...mask.dataSync()].map((value, i) => Math.abs(value - expected[i]!) < 1e-6)).toEqual(Array(6).fill(true));
    tf.dispose([noisy, clean, mask]);
  });

  it('enhances each channel for itself, whatever its length, and leaves nothing behind', async () => {
    const model = new FRCRN(small, new Generator(1)).eval();
    const channel = (seed: number) => normalTensor([1, 700], 0, 0.3, new Generator(seed));
    const [left, right] = [channel(1), channel(2)];
    const stereo = {
      channels: [left, right].map((x) => x.dataSync<'float32'>().slice()),
      sampleRate: 8000,
    };
    const alone = [left, right].map((x) => tf.tidy(() => model.forward(x).dataSync<'float32'>()));
    tf.dispose([left, right]);
    const before = tf.memory().numTensors;
    const enhanced = await enhanceWaveform(model, stereo);
    expect(enhanced.channels.map((samples) => [...samples])).toEqual(alone.map((samples) => [...samples]));
    const inParts = await enhanceWaveform(model, stereo, { chunkSeconds: 0.05, overlapSeconds: 0.01 });
    expect(inParts.channels.map(({ length }) => length)).toEqual([700, 700]);
    expect(tf.memory().numTensors).toBe(before);
    const other = await enhanceWaveform(model, { ...stereo, sampleRate: 16000 });
    expect([other.sampleRate, other.channels[1]!.length]).toEqual([16000, 700]);
    model.dispose();
  });

  it('has the layers of the published model at its size', () => {
    const { unet, ...model } = createEnhancer({ sampleRate: 16000 });
    expect(unet.encoders.length).toBe(7);
    expect(model.config).toMatchObject({ fftLength: 640 });
    unet.dispose();
  });

  it.each<[FRCRNConfig, RegExp]>([
    [{ fftLength: 33 }, /must be even/],
    [{ hopLength: 17 }, /overlap by less than half/],
    [{ layers: 9 }, /layers leave one frequency/],
    [{ reduction: 5 }, /leaves nothing of 4 channels/],
    [{ channels: 0 }, /channels must be a positive whole number/],
  ])('refuses %o', (change, message) => {
    expect(() => new FRCRN({ ...small, ...change })).toThrow(message);
  });
});
