import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import {
  countMultiplyAdds,
  ResNetClassifier,
  ResNetForImageClassification,
  resnetSpec,
  TorchvisionSegmentationModel,
  torchvisionSegmentationConfig,
} from '@hourglass/vision';
import { exceptWhereSlow } from './slow-adapter.js';

beforeAll(() => useTestBackend('wasm'));

const narrow = resnetSpec('bottleneck', { layers: [1, 1, 1, 1], stem: 4, planes: [4, 4, 4, 4] });

/** As config.json of a public checkpoint, but narrow. */
const transformers = {
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
  id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' },
} as const;

const pictures = (height: number, width: number, output: readonly number[]): InputCase<tf.Tensor> => ({
  name: `${height} × ${width}`,
  make: (generator, examples) => normalTensor([examples, height, width, 3], 0, 1, generator),
  gives: (_x, examples) => [examples, ...output],
});

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

  it('of transformers compute the loss that fits their labels', () => {
    const model = new ResNetForImageClassification(transformers, new Generator(1)).eval();
    tf.tidy(() => {
      const x = normalTensor([2, 32, 32, 3], 0, 1, new Generator(2));
      const single = model.outputs(x, tf.tensor1d([0, 2], 'int32')).loss!;
      const many = model.outputs(x, tf.zeros([2, 3])).loss!;
      expect(single.shape).toEqual([]);
      expectClose(many, tf.mean(tf.softplus(model.forward(x))));
    });
    model.dispose();
  });
});

testModel('a ResNet of transformers', {
  create: (generator) => new ResNetForImageClassification(transformers, generator),
  load: (from) => ResNetForImageClassification.fromPretrained(from),
  inputs: [pictures(32, 32, [3]), pictures(35, 41, [3])],
  except: exceptWhereSlow,
  training: 'different',
  wrong: [{ name: 'a grey picture', make: () => tf.zeros([1, 32, 32, 1]) }],
});

testModel('a ResNet', {
  create: (generator) => new ResNetClassifier(narrow, 5, { generator }),
  inputs: [pictures(64, 64, [5]), pictures(35, 41, [5])],
  except: exceptWhereSlow,
  training: 'different',
  wrong: [{ name: 'a grey picture', make: () => tf.zeros([1, 32, 32, 1]) }],
});

describe.each(['fcn', 'deeplabv3'] as const)("torchvision's %s", (head) => {
  testModel('as every model', {
    create: (generator) =>
      new TorchvisionSegmentationModel(
        {
          ...torchvisionSegmentationConfig(head, { classes: 3, aux: true }),
          backbone: narrow,
          headChannels: 4,
          auxChannels: 4,
          atrousRates: [1, 2, 3],
        },
        generator,
      ),
    load: (from) => TorchvisionSegmentationModel.fromPretrained(from),
    inputs: [
      [32, 48],
      [33, 50],
    ].map(([height, width]) => ({
      ...pictures(height!, width!, []),
      gives: (_x: tf.Tensor, examples: number) => {
        const shape = [examples, height!, width!, 3];
        return { out: shape, aux: shape };
      },
    })) as never,
    forward: (model, x) => ({ ...model.outputs(x) }),
    except: exceptWhereSlow,
    training: 'random',
    wrong: [{ name: 'a grey picture', make: () => tf.zeros([1, 32, 32, 1]) }],
  });
});
