import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, uniformTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import { MaskNetwork, trainMaskNetwork, type MaskNetworkConfig } from '@hourglass/audio';

const small: MaskNetworkConfig = {
  fftLength: 32,
  winLength: 16,
  hopLength: 8,
  frames: 3,
  channels: [3, 4],
  kernelSize: [3, 4],
  poolSize: 3,
  hidden: [7],
  dropout: 0,
  sampleRate: 8000,
};

const patches = (bins = 17): InputCase<tf.Tensor> => ({
  name: `${bins} bins`,
  make: (generator, examples) => uniformTensor([examples, 3, bins], 0, 1, generator),
  gives: (_, examples) => [examples, 3, bins],
});

testModel('MaskNetwork', {
  create: (generator) => new MaskNetwork(small, generator),
  load: (folder) => MaskNetwork.fromPretrained(folder),
  inputs: [patches()],
  wrong: [{ name: 'spectra of another length', make: (generator) => patches(16).make(generator, 1) }],
});

beforeAll(() => useTestBackend('wasm'));

describe('MaskNetwork', () => {
  it.each([100, 61, 1])('voice and accompaniment of %i samples add up to the mixture', (length) => {
    const model = new MaskNetwork(small, new Generator(1)).eval();
    const before = tf.memory().numTensors;
    const mixture = uniformTensor([2, length], -1, 1, new Generator(2));
    const { voice, accompaniment } = model.separate(mixture);
    const error = tf.tidy(() => tf.max(tf.abs(tf.sub(tf.add(voice, accompaniment), mixture))).dataSync()[0]);
    expect(voice.shape).toEqual([2, length]);
    expect(error).toBeLessThan(1e-5);
    tf.dispose([mixture, voice, accompaniment]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('a mask is silent below its threshold', () => {
    const model = new MaskNetwork({ ...small, threshold: 1 }, new Generator(1)).eval();
    const voice = tf.tidy(() => model.separate(tf.ones([1, 64])).voice.dataSync());
    expect([...voice].every((value) => value === 0)).toBe(true);
    model.dispose();
  });

  it('refuses sizes that do not fit, and music of another kind', async () => {
    expect(() => new MaskNetwork({ ...small, frames: 4 })).toThrow(/odd number of frames, got 4/);
    expect(() => new MaskNetwork({ ...small, channels: [3] })).toThrow(/come in pairs/);
    expect(() => new MaskNetwork({ ...small, hopLength: 12 })).toThrow(/overlap by half/);
    const model = new MaskNetwork(small);
    const of = (length: number, sampleRate = 8000) => ({ channels: [new Float32Array(length)], sampleRate });
    const train = (voice: number, accompaniment: number, rate?: number) =>
      trainMaskNetwork(model, [{ voice: of(voice, rate), accompaniment: of(accompaniment) }], { steps: 1 });
    await expect(train(100, 90)).rejects.toThrow(/100 samples with an accompaniment of 90/);
    await expect(train(100, 100, 44100)).rejects.toThrow(/is of 44100 Hz/);
    await expect(train(8, 8)).rejects.toThrow(/no track has 3 frames/);
    await expect(trainMaskNetwork(model, [], { steps: 1 })).rejects.toThrow(/no music/);
    model.dispose();
  });
});
