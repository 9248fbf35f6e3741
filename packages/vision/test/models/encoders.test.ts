import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { loadStateDict, normalTensor, stateDict, useBackend } from '@hourglass/core';
import {
  createEncoder,
  encoderFacts,
  inferResNet,
  planStages,
  ResNetEncoder,
  resnetSpec,
  resnetVariants,
  resolveEncoder,
  type EncoderChoice,
} from '@hourglass/vision';

beforeAll(() => useBackend('wasm'));

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
