import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { normalTensor } from '@hourglass/core';
import { testModel, type InputCase } from '@hourglass/testing';
import { AudioSlots, type AudioSlotsConfig } from '@hourglass/audio';

const small: AudioSlotsConfig = {
  slots: 2,
  fftLength: 16,
  hopLength: 8,
  patchSize: [2, 4],
  width: 8,
  heads: 2,
  encoderLayers: 1,
  slotLayers: 1,
  decoderLayers: 1,
  compression: 0.5,
};

const sound = (length: number): InputCase<tf.Tensor> => ({
  name: `${length} samples`,
  make: (generator, examples) => normalTensor([examples, length], 0, 1, generator),
  gives: (_, examples) => [examples, 2, length],
});

for (const output of ['mask', 'spectrogram'] as const) {
  testModel(`AudioSlots that give a ${output}`, {
    create: (generator) => new AudioSlots({ ...small, output }, generator),
    load: (folder) => AudioSlots.fromPretrained(folder),
    inputs: [sound(40), sound(33), sound(1)],
    wrong: [{ name: 'sound with channels', make: () => tf.zeros([1, 32, 2]) }],
  });
}

describe('AudioSlots', () => {
  it.each<[AudioSlotsConfig, RegExp]>([
    [{ patchSize: [2, 5] }, /patches of 5 do not divide the 8 frequencies/],
    [{ width: 6 }, /width that 4 divides/],
    [{ slots: 0 }, /slots must be a positive whole number/],
    [{ hopLength: 12 }, /overlap by less than half/],
  ])('refuses %o', (change, message) => {
    expect(() => new AudioSlots({ ...small, ...change })).toThrow(message);
  });
});
