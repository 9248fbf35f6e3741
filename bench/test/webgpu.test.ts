import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { missingBackend } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';
import { codec } from '../src/models/codec.js';
import { foldingnet } from '../src/models/foldingnet.js';
import { gat } from '../src/models/gat.js';
import { gcn } from '../src/models/gcn.js';
import { gruSeq2Seq } from '../src/models/gru-seq2seq.js';
import { pointnet } from '../src/models/pointnet.js';
import { transformer } from '../src/models/transformer.js';
import { unet } from '../src/models/unet.js';
import { vitMae } from '../src/models/vit-mae.js';
import { startOf, trainStep, type TrainingMaker } from '../src/training.js';
import type { Start } from '../src/workload.js';

const models = { unet, vitMae, codec, gruSeq2Seq, transformer, gcn, gat, pointnet, foldingnet };

const absent = await missingBackend('webgpu');

async function startOn(backend: 'wasm' | 'webgpu', make: TrainingMaker): Promise<Start> {
  await useBackend(backend);
  const training = make('small');
  const start = startOf(training);
  training.model.dispose();
  tf.dispose(Object.values(training.inputs));
  return start;
}

describe.skipIf(absent !== null)(`train steps on webgpu${absent === null ? '' : ` (skipped: ${absent})`}`, () => {
  it.each(Object.entries(models))('%s: starts where wasm starts, and compiles no shader twice', async (_, make) => {
    const expected = await startOn('wasm', make);
    const actual = await startOn('webgpu', make);
    for (const key of ['loss', 'gradientNorm'] as const)
      expect(Math.abs(actual[key] - expected[key])).toBeLessThanOrEqual(1e-3 * Math.abs(expected[key]));

    const training = make('small');
    const optimizer = training.optimizer();
    const { device } = tf.backend() as unknown as { device: GPUDevice };
    let compiled = 0;
    const create = device.createComputePipeline.bind(device);
    device.createComputePipeline = (descriptor) => {
      compiled++;
      return create(descriptor);
    };
    const losses = [trainStep(training, optimizer), trainStep(training, optimizer)];
    // the optimiser's first step has no moments yet
    compiled = 0;
    const { numTensors } = tf.memory();
    losses.push(trainStep(training, optimizer));
    Reflect.deleteProperty(device, 'createComputePipeline');
    expect(compiled).toBe(0);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses[2]).not.toBe(losses[0]);
    optimizer.dispose();
    training.model.dispose();
  });
});
