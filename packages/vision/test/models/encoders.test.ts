import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, loadStateDict, normalTensor, savePretrained, stateDict } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import {
  createEncoder,
  encoderFacts,
  inferResNet,
  loadEncoderWeights,
  planStages,
  ResNetClassifier,
  ResNetEncoder,
  resnetSpec,
  resnetVariants,
  resolveEncoder,
  type Encoder,
  type EncoderChoice,
  type EncoderConfig,
} from '@hourglass/vision';
import { exceptWhereSlow } from './slow-adapter.js';

beforeAll(() => useTestBackend('wasm'));

const bottleneck = resnetSpec('bottleneck', {
  layers: [1, 2, 1, 1],
  stem: 6,
  planes: [4, 4, 6, 8],
  groups: 2,
  widthPerGroup: 64,
});
const choices: readonly EncoderChoice[] = [
  { type: 'resnet', ...resnetSpec('basic', { layers: [2, 1, 1, 1], stem: 4, planes: [4, 6, 8, 10] }) },
  { type: 'resnet', ...bottleneck },
  { type: 'unet', channels: [3, 4, 5, 6, 7], norm: false },
];

const pictures = (height: number, width: number, config: EncoderConfig): InputCase<tf.Tensor> => ({
  name: `${height} × ${width}`,
  make: (generator, examples) => normalTensor([examples, height, width, 2], 0, 1, generator),
  gives(_x, examples) {
    const { strides, outChannels } = encoderFacts(config);
    const shape = (stride: number, i: number): number[] => [
      examples,
      Math.ceil(height / stride),
      Math.ceil(width / stride),
      outChannels[i]!,
    ];
    return Object.fromEntries(strides.map((stride, i) => [String(i), shape(stride, i)]));
  },
});

describe.each(choices.map((choice, i) => [i, choice] as const))('encoder %i', (_i, choice) => {
  const config = resolveEncoder(choice, { inChannels: 2 });
  testModel('as every model', {
    create: (generator) => createEncoder(config, generator),
    // their sides need not be multiples of the stride
    inputs: [pictures(64, 32, config), pictures(35, 41, config)],
    except: exceptWhereSlow,
    training: config.type === 'unet' ? 'same' : 'different', // that one is without batch norm
    wrong: [{ name: 'a grey picture', make: () => tf.zeros([1, 32, 32, 1]) }],
  });
});

describe('encoders', () => {
  it.each([
    [5, 32],
    [5, 16],
    [5, 8],
    [4, 16],
    [4, 8],
    [3, 32],
    [2, 32],
  ])('announce the maps that they give: depth %i, output stride %i', (depth, outputStride) => {
    for (const choice of choices) {
      if (typeof choice === 'object' && choice.type === 'unet' && depth > 4) continue;
      const config = resolveEncoder(choice, { depth, outputStride, inChannels: 2 });
      const encoder = createEncoder(config).eval();
      const { inChannels, outChannels, strides, outputStride: reached, startsWithInput } = encoder;
      expect({ inChannels, outChannels, strides, outputStride: reached, startsWithInput }).toEqual(
        encoderFacts(config),
      );
      expect(reached).toBe(Math.min(outputStride, 2 ** depth));
      const x = normalTensor([1, 64, 96, 2]);
      const features = encoder.forward(x);
      expect(features.map(({ shape }) => shape)).toEqual(
        strides.map((stride, i) => [1, 64 / stride, 96 / stride, outChannels[i]!]),
      );
      tf.dispose([x, ...features]);
      encoder.dispose();
    }
  });

  it('have the channels of the public checkpoints', () => {
    const channels = (name: keyof typeof resnetVariants): readonly number[] =>
      encoderFacts(resolveEncoder(name)).outChannels;
    expect(channels('resnet34')).toEqual([3, 64, 64, 128, 256, 512]);
    expect(channels('resnext50_32x4d')).toEqual([3, 64, 256, 512, 1024, 2048]);
    expect(resnetVariants.resnext50_32x4d.stages[0]).toEqual({ blocks: 3, width: 128, channels: 256 });
    expect(resnetVariants.wide_resnet50_2.stages[3]).toEqual({ blocks: 3, width: 1024, channels: 2048 });
  });

  it('are recognised from the shapes of their tensors', () => {
    for (const choice of choices) {
      if (typeof choice !== 'object' || choice.type !== 'resnet') continue;
      const encoder = createEncoder(resolveEncoder(choice, { inChannels: 5 }));
      const { type: _type, ...spec } = choice;
      expect(inferResNet(stateDict(encoder), '')).toEqual({ spec, inChannels: 5 });
      encoder.dispose();
    }
  });

  it('share their weights over output strides', () => {
    const [whole, dilated] = [32, 8].map((outputStride) =>
      new ResNetEncoder(bottleneck, { dilation: { outputStride } }).eval(),
    ) as [ResNetEncoder, ResNetEncoder];
    loadStateDict(dilated, stateDict(whole));
    whole.dispose();
    dilated.dispose();
  });

  it('load the weights of a classifier, and adapt the first convolution to other channels', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hourglass-encoder-'));
    try {
      const classifier = new ResNetClassifier(bottleneck, 4, { generator: new Generator(3) }).eval();
      await savePretrained(classifier, folder, { config: {} });
      const x = normalTensor([1, 32, 32, 3], 0, 1, new Generator(4));
      const grey = tf.tidy(() => tf.slice(x, [0, 0, 0, 0], [1, 32, 32, 1]));
      const load = async (inChannels: number): Promise<Encoder> => {
        const encoder = createEncoder(
          resolveEncoder({ type: 'resnet', ...bottleneck }, { depth: 4, inChannels }),
        ).eval();
        await loadEncoderWeights(encoder, folder);
        return encoder;
      };
      const [three, one, six] = [await load(3), await load(1), await load(6)];
      tf.tidy(() => {
        expectClose(three.forward(x).at(-1)!, classifier.stages(x).at(-2)!);
        // a grey picture gives what the same grey in three channels gave; doubled channels share the weights
        expectClose(one.forward(grey).at(-1)!, three.forward(tf.tile(grey, [1, 1, 1, 3])).at(-1)!, { atol: 1e-5 });
        expectClose(six.forward(tf.concat([x, x], 3)).at(-1)!, three.forward(x).at(-1)!, { atol: 1e-5 });
      });
      tf.dispose([x, grey]);
      for (const module of [classifier, three, one, six]) module.dispose();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('dilate as torchvision does: the first block of a stage keeps the dilation before it', () => {
    const plan = planStages(bottleneck, { replaceStrideWithDilation: [false, true, true] });
    expect(
      plan.map(({ stride, firstDilation, dilation, outputStride }) => [stride, firstDilation, dilation, outputStride]),
    ).toEqual([
      [1, 1, 1, 4],
      [2, 1, 1, 8],
      [1, 1, 2, 8],
      [1, 2, 4, 8],
    ]);
  });
});
