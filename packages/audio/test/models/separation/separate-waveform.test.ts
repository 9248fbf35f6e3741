import { beforeAll, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, Module, scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { ConvTasNet, HDemucs, separateWaveform, type Separator, type Waveform } from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

/** Gives what a function makes of each part and its number. */
class Made extends Module implements Separator {
  readonly numSources = 2;
  readonly audioChannels = 1;
  readonly sampleRate = null;
  #part = 0;

  constructor(
    readonly make: (x: tf.Tensor, part: number) => tf.Tensor[],
    readonly sourceNames: readonly string[] | null = null,
  ) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.stack(this.make(x, this.#part++), 1));
  }
}

const samples = Float32Array.from({ length: 1003 }, (_, t) => Math.sin(t / 7));
const waveform: Waveform = { channels: [samples], sampleRate: 100 };
const parts = { chunkSeconds: 2, overlapSeconds: 0.5 };

it('adds up to the whole where the model sees each sample alone', async () => {
  const done: string[] = [];
  const halves = new Made((x) => [tf.mul(x, 0.25), tf.mul(x, 0.75)]);
  const [a, b] = await separateWaveform(halves, waveform, {
    ...parts,
    onProgress: ({ done: count, total }) => done.push(`${count}/${total}`),
  });
  expect(done).toEqual(['1/7', '2/7', '3/7', '4/7', '5/7', '6/7', '7/7']);
  for (let t = 0; t < samples.length; t++) {
    expect(a!.channels[0]![t]).toBeCloseTo(0.25 * samples[t]!, 5);
    expect(b!.channels[0]![t]).toBeCloseTo(0.75 * samples[t]!, 5);
  }
});

it('keeps sources together whose order changes from part to part', async () => {
  const shuffled = (x: tf.Tensor, part: number): tf.Tensor[] => {
    const both = [tf.mul(x, 0.25), tf.mul(x, 0.75)];
    return part % 2 === 0 ? both : both.reverse();
  };
  const [a] = await separateWaveform(new Made(shuffled), waveform, parts);
  samples.forEach((value, t) => expect(a!.channels[0]![t]).toBeCloseTo(0.25 * value, 5));
  // but not where places have a meaning
  const [drums] = await separateWaveform(new Made(shuffled, ['drums', 'rest']), waveform, parts);
  expect(drums!.channels[0]![250]).toBeCloseTo(0.75 * samples[250]!, 5);
});

it('fades from one part to the next in a straight line', async () => {
  const counting = new Made((x, part) => [tf.fill(x.shape, part), tf.fill(x.shape, -part)]);
  const [steps] = await separateWaveform(counting, waveform, parts);
  const [channel] = steps!.channels;
  expect(channel![149]).toBe(0);
  expect(channel![174]).toBeCloseTo(24.5 / 50, 5);
  expect(channel![200]).toBe(1);
});

it('takes sound of another sample rate through the model at its own', async () => {
  const halves = new Made((x) => {
    expect(x.shape).toEqual([1, 502, 1]);
    return [tf.mul(x, 0.25), tf.mul(x, 0.75)];
  });
  Object.defineProperty(halves, 'sampleRate', { value: 50 });
  const [a] = await separateWaveform(halves, waveform, { chunkSeconds: 20 });
  expect(a!.sampleRate).toBe(100);
  expect(a!.channels[0]!).toHaveLength(1003);
  // the tone has 2.3 Hz; away from the ends it comes back
  for (let t = 100; t < 900; t++) expect(a!.channels[0]![t]).toBeCloseTo(0.25 * samples[t]!, 2);
});

it('shares out what is missing where that is asked for', async () => {
  const quiet = new Made((x) => [tf.mul(x, 0.2), tf.mul(x, 0.2)]);
  const [a, b] = await separateWaveform(quiet, waveform, { ...parts, consistent: true });
  samples.forEach((value, t) => expect(a!.channels[0]![t]! + b!.channels[0]![t]!).toBeCloseTo(value, 5));
});

it.each([
  [
    'Conv-TasNet',
    () =>
      new ConvTasNet(
        { nSrc: 2, sampleRate: 100, nFilters: 4, bnChan: 3, hidChan: 4, skipChan: 3, nBlocks: 1, nRepeats: 1 },
        new Generator(1),
      ),
  ],
  [
    'HDemucs',
    () =>
      new HDemucs(
        { sources: ['a', 'b'], channels: 4, nfft: 64, depth: 3, normStarts: 3, dconvComp: 2 },
        new Generator(1),
      ),
  ],
])('gives what %s gives for a sound of one part, and leaves nothing behind', async (_, make) => {
  const model = make().eval();
  const short = { channels: [samples.subarray(0, 130)], sampleRate: 100 };
  const before = tf.memory().numTensors;
  const sources = await separateWaveform(model, short);
  expect(tf.memory().numTensors).toBe(before);
  const { audioChannels } = model;
  const whole = tf.tidy(() => {
    const x = tf.tile(tf.reshape(tf.tensor1d(short.channels[0]!), [1, 130, 1]), [1, 1, audioChannels]);
    const y = tf.reshape(model.forward(x), [2, 130, audioChannels]);
    return tf.transpose(y, [0, 2, 1]).dataSync();
  });
  expect(sources.flatMap(({ channels }) => channels.map((channel) => [...channel])).flat()).toEqual([...whole]);
  model.dispose();
});

it('refuses parts that only overlap, channels that the model is not for, and silence of no length', async () => {
  const model = new Made((x) => [x, x]);
  await expect(separateWaveform(model, waveform, { chunkSeconds: 1, overlapSeconds: 1 })).rejects.toThrow(
    /must be shorter/,
  );
  const empty = { channels: [new Float32Array(0)], sampleRate: 8000 };
  await expect(separateWaveform(model, empty)).rejects.toThrow(/without samples/);
  const stereo = new HDemucs({ sources: ['a', 'b'], channels: 4, nfft: 64, depth: 3, normStarts: 3, dconvComp: 2 });
  const many = { channels: [samples, samples, samples], sampleRate: 100 };
  await expect(separateWaveform(stereo, many)).rejects.toThrow('has 3 channels, the model takes 2; mix it down');
  stereo.dispose();
});
