import { beforeAll, expect, it } from 'vitest';
import { manualSeed } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { ConvTasNet, evaluateSeparation, MixtureDataset, trainSeparation, type SoloRecording } from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

/** A low and a high voice: tones of changing pitch. */
const tones: SoloRecording[] = ['low', 'high'].flatMap((source, v) =>
  Array.from({ length: 12 }, (_, i) => {
    const frequency = (v === 0 ? 60 : 230) * (1 + i / 24);
    const samples = Float32Array.from({ length: 300 }, (_, t) => Math.sin((2 * Math.PI * frequency * t) / 1000 + i));
    return { source, waveform: { sampleRate: 1000, channels: [samples] } };
  }),
);

it('learns to take a low and a high voice apart, whichever comes first', async () => {
  manualSeed(1);
  const model = new ConvTasNet({
    nSrc: 2,
    sampleRate: 1000,
    kernelSize: 16,
    nFilters: 24,
    bnChan: 12,
    hidChan: 16,
    skipChan: 0,
    nBlocks: 2,
    nRepeats: 1,
    encoderActivation: 'relu',
    maskAct: 'relu',
  });
  const options = { seconds: 0.25, length: 400 };
  const data = new MixtureDataset(tones, { ...options, fresh: true });
  const unseen = new MixtureDataset(tones, { ...options, length: 20, seed: 1 });
  const before = await evaluateSeparation(model, unseen);
  const tensors = tf.memory().numTensors;
  await trainSeparation(model, data, { steps: 120, learningRate: 0.01, batchSize: 4, seed: 1 });
  const after = await evaluateSeparation(model, unseen);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(before.siSdri).toBeLessThan(1);
  expect(after.siSdri).toBeGreaterThan(10);
  expect(after.mixtures).toBe(20);
  // how loud they are is learnt too
  expect(after.snr).toBeGreaterThan(8);
  model.dispose();
});

it('refuses mixtures that the model is not for', async () => {
  const model = new ConvTasNet({
    nSrc: 3,
    sampleRate: 1000,
    nFilters: 4,
    bnChan: 2,
    hidChan: 2,
    nBlocks: 1,
    nRepeats: 1,
  });
  const data = new MixtureDataset(tones, { seconds: 0.25 });
  await expect(trainSeparation(model, data, { steps: 1 })).rejects.toThrow('gives 3 sources');
  await expect(evaluateSeparation(model, data)).rejects.toThrow('of 2');
  model.dispose();
});
