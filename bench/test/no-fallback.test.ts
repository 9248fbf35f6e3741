import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { codec } from '../src/models/codec.js';
import { foldingnet } from '../src/models/foldingnet.js';
import { gat } from '../src/models/gat.js';
import { gcn } from '../src/models/gcn.js';
import { gruSeq2Seq } from '../src/models/gru-seq2seq.js';
import { pointnet } from '../src/models/pointnet.js';
import { transformer } from '../src/models/transformer.js';
import { unet } from '../src/models/unet.js';
import { vitMae } from '../src/models/vit-mae.js';
import { trainStep } from '../src/training.js';

const models = { unet, vitMae, codec, gruSeq2Seq, transformer, gcn, gat, pointnet, foldingnet };

/** Kernels that ran in JavaScript since the last call, with how often. */
function takeFallbacks(): Record<string, number> {
  const { fallbacks } = tf.backend() as unknown as { fallbacks: Map<string, number> };
  const found = Object.fromEntries(fallbacks);
  fallbacks.clear();
  return found;
}

describe('on native nothing runs in JavaScript', () => {
  beforeAll(async () => {
    await useBackend('native');
  });

  it.each(Object.entries(models))('%s: train step and forward', (_, make) => {
    const training = make('small');
    const optimizer = training.optimizer();
    takeFallbacks();
    const losses = Array.from({ length: 3 }, () => trainStep(training, optimizer));
    expect(takeFallbacks()).toEqual({});
    training.model.eval();
    training.forward().dispose();
    expect(takeFallbacks()).toEqual({});
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses[2]).not.toBe(losses[0]);
    optimizer.dispose();
    training.model.dispose();
  });

  it('the count sees a kernel that has no C++', () => {
    takeFallbacks();
    tf.tidy(() => tf.unique(tf.tensor1d([1, 1, 2])));
    expect(takeFallbacks()).toEqual({ Unique: 1 });
  });
});

it('a train step leaves no tensors behind', async () => {
  await useBackend('native');
  for (const make of Object.values(models)) {
    const training = make('small');
    const optimizer = training.optimizer();
    trainStep(training, optimizer);
    const { numTensors } = tf.memory();
    trainStep(training, optimizer);
    training.forward().dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    optimizer.dispose();
    training.model.dispose();
  }
});
