import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  countMultiplyAdds,
  ResNetClassifier,
  ResNetForImageClassification,
  resnetSpec,
  TorchvisionSegmentationModel,
  torchvisionSegmentationConfig,
} from '@hourglass/vision';

const folder = mkdtempSync(join(tmpdir(), 'hourglass-classifiers-'));
beforeAll(() => useTestBackend('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));

const narrow = resnetSpec('bottleneck', { layers: [1, 1, 1, 1], stem: 4, planes: [4, 4, 4, 4] });

describe('ResNet classifiers', () => {
  it('count multiply-adds by what the layers compute', () => {
    const spec = resnetSpec('basic', { layers: [1], stem: 4, planes: [6] });
    const model = new ResNetClassifier(spec, 5).eval();
    const x = tf.zeros([1, 32, 32, 3]);
    const before = tf.memory().numTensors;
    const stem = 16 * 16 * 4 * (49 * 3);
    const block = 8 * 8 * 6 * (9 * 4 + 9 * 6 + 4);
    expect(countMultiplyAdds(model, () => model.forward(x))).toBe(stem + block + 6 * 5);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    model.dispose();
  });

  it('of transformers are the same after saving and loading', async () => {
    const model = new ResNetForImageClassification(
      {
        num_channels: 3,
        embedding_size: 4,
        hidden_sizes: [8, 12],
        depths: [1, 2],
        layer_type: 'bottleneck',
        hidden_act: 'relu',
        downsample_in_first_stage: false,
        downsample_in_bottleneck: true,
        num_labels: 3,
        problem_type: null,
      },
      new Generator(1),
    ).eval();
    await model.savePretrained(join(folder, 'hf'));
    const loaded = (await ResNetForImageClassification.fromPretrained(join(folder, 'hf'))).eval();
    const x = normalTensor([2, 32, 32, 3], 0, 1, new Generator(2));
    const [ours, theirs] = [model.forward(x), loaded.forward(x)];
    expectClose(theirs, ours);
    tf.tidy(() => {
      const single = model.outputs(x, tf.tensor1d([0, 2], 'int32')).loss!;
      const many = model.outputs(x, tf.zeros([2, 3])).loss!;
      expect(single.shape).toEqual([]);
      expectClose(many, tf.mean(tf.softplus(ours)));
    });
    tf.dispose([x, ours, theirs]);
    model.dispose();
    loaded.dispose();
  });
});

describe("torchvision's segmentation models", () => {
  it.each(['fcn', 'deeplabv3'] as const)('%s: save, load, any size', async (head) => {
    const model = new TorchvisionSegmentationModel({
      ...torchvisionSegmentationConfig(head, { classes: 3, aux: true }),
      backbone: narrow,
      headChannels: 4,
      auxChannels: 4,
      atrousRates: [1, 2, 3],
    }).eval();
    await model.savePretrained(join(folder, head));
    const loaded = (await TorchvisionSegmentationModel.fromPretrained(join(folder, head))).eval();
    const x = normalTensor([1, 33, 50, 3], 0, 1, new Generator(2));
    const before = tf.memory().numTensors;
    const [ours, theirs] = [model.outputs(x), loaded.outputs(x)];
    expect(ours.out.shape).toEqual([1, 33, 50, 3]);
    expectClose(theirs.out, ours.out);
    expectClose(theirs.aux!, ours.aux!);
    tf.dispose([ours, theirs]);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    model.dispose();
    loaded.dispose();
  });
});
