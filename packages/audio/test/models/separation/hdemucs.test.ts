import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import { HDemucs, hdemucsPresets, type HDemucsConfig } from '@hourglass/audio';

const small: HDemucsConfig = {
  sources: ['voice', 'rest'],
  audioChannels: 1,
  channels: 4,
  nfft: 64,
  depth: 3,
  normStarts: 1,
  normGroups: 2,
  dconvAttn: 2,
  dconvLstm: 2,
  dconvDepth: 1,
  dconvComp: 2,
  // large enough for a gradient that finite differences see
  dconvInit: 0.5,
};

const sound = (length: number, channels = 1): InputCase<tf.Tensor> => ({
  name: `${length} samples`,
  make: (generator, examples) => normalTensor([examples, length, channels], 0, 1, generator),
  gives: (_, examples) => [examples, 2, length, channels],
});

testModel('HDemucs', {
  create: (generator) => new HDemucs(small, generator),
  load: (folder) => HDemucs.fromPretrained(folder),
  inputs: [sound(96), sound(61), sound(5), sound(1)],
  withoutGradient: {
    'time_encoder\\.1\\.norm1\\..*': 'as in the reference, what joins the other branch is not normalised',
  },
  wrong: [
    { name: 'stereo for a model of one channel', make: () => tf.zeros([1, 64, 2]) },
    { name: 'no batch', make: () => tf.zeros([64, 1]) },
    { name: 'no samples', make: () => tf.zeros([1, 0, 1]) },
  ],
});

beforeAll(() => useTestBackend('wasm'));

describe('HDemucs', () => {
  it('has as many parameters as in torchaudio with its short cuts', () => {
    const counts = Object.values(hdemucsPresets).map((preset) => {
      const model = new HDemucs({ sources: ['a', 'b'], channels: 4, dconvComp: 1, ...preset });
      const { parameterCount } = model;
      model.dispose();
      return parameterCount;
    });
    expect(counts).toEqual([547836, 2519420, 2553212]);
  });

  it.each<[Partial<HDemucsConfig>, RegExp]>([
    [{ depth: 2, nfft: 1024 }, /32 frequencies are left/],
    [{ nfft: 512, depth: 4 }, /one step every 256 samples, the spectrogram's every 128/],
    [{ nfft: 100 }, /multiple of 8/],
    [{ timeStride: 3 }, /differ by an even number/],
    [{ sources: [] }, /names of its sources/],
    [{ dconvComp: 99 }, /leaves nothing of 4 channels/],
    [{ depth: 0 }, /depth must be a whole number/],
  ])('refuses %o', (change, message) => {
    expect(() => new HDemucs({ ...small, ...change })).toThrow(message);
  });
});
