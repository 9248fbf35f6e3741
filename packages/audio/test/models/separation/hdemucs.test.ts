import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import { HDemucs, hdemucsPresets, separateInChunks, type HDemucsConfig } from '@hourglass/audio';

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

describe('separateInChunks', () => {
  const samples = Float32Array.from({ length: 1003 }, (_, t) => Math.sin(t / 7));
  const waveform = { channels: [samples], sampleRate: 100 };

  it('adds up to the whole where the model sees each sample alone', async () => {
    const halves = { forward: (x: tf.Tensor) => tf.stack([tf.mul(x, 0.25), tf.mul(x, 0.75)], 1) };
    const done: number[] = [];
    const [a, b] = await separateInChunks(halves, waveform, {
      seconds: 2,
      overlap: 0.5,
      onChunk: (count) => done.push(count),
    });
    expect(done).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (let t = 0; t < samples.length; t++) {
      expect(a!.channels[0]![t]).toBeCloseTo(0.25 * samples[t]!, 5);
      expect(b!.channels[0]![t]).toBeCloseTo(0.75 * samples[t]!, 5);
    }
  });

  it('fades from one chunk to the next in a straight line', async () => {
    let chunk = 0;
    const counting = { forward: (x: tf.Tensor) => tf.fill([1, 1, x.shape[1]!, 1], chunk++) };
    const [steps] = await separateInChunks(counting, waveform, { seconds: 2, overlap: 0.5 });
    const [channel] = steps!.channels;
    expect(channel![149]).toBe(0);
    expect(channel![174]).toBeCloseTo(24.5 / 50, 5);
    expect(channel![200]).toBe(1);
  });

  it('gives what the model gives for a sound of one chunk, and leaves nothing behind', async () => {
    const model = new HDemucs(small, new Generator(1)).eval();
    const short = { channels: [samples.subarray(0, 130)], sampleRate: 100 };
    const before = tf.memory().numTensors;
    const sources = await separateInChunks(model, short);
    expect(tf.memory().numTensors).toBe(before);
    const whole = tf.tidy(() => model.forward(tf.tensor(short.channels[0]!, [1, 130, 1])).dataSync());
    expect([...sources[0]!.channels[0]!, ...sources[1]!.channels[0]!]).toEqual([...whole]);
    model.dispose();
  });

  it('refuses chunks that only overlap, and silence of no length', async () => {
    const model = { forward: (x: tf.Tensor) => x };
    await expect(separateInChunks(model, waveform, { seconds: 1, overlap: 1 })).rejects.toThrow(/must be shorter/);
    const empty = { channels: [new Float32Array(0)], sampleRate: 8000 };
    await expect(separateInChunks(model, empty)).rejects.toThrow(/without samples/);
  });
});
