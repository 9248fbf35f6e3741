import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import {
  architectures,
  createSegmentationModel,
  resnetSpec,
  SegmentationModel,
  type Architecture,
  type EncoderChoice,
  type SegmentationOptions,
} from '@hourglass/vision';
import { exceptWhereSlow, isSlow } from './slow-adapter.js';

const folder = mkdtempSync(join(tmpdir(), 'hourglass-segmentation-'));
beforeAll(() => useTestBackend('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));

const narrow: EncoderChoice = {
  type: 'resnet',
  ...resnetSpec('basic', { layers: [1, 1, 1, 1], stem: 4, planes: [4, 6, 8, 10] }),
};

/** Decoders narrow enough to be quick. */
const decoders: { readonly [A in Architecture]: SegmentationOptions<A>['decoder'] } = {
  unet: { channels: [16, 12, 8, 8, 4] },
  unetplusplus: { channels: [16, 12, 8, 8, 4] },
  deeplabv3: { channels: 8, atrousRates: [1, 2, 3] },
  deeplabv3plus: { channels: 8, atrousRates: [1, 2, 3] },
  fpn: { pyramidChannels: 8, segmentationChannels: 32 },
  linknet: { finalChannels: 8 },
  pspnet: { channels: 8 },
  pan: { channels: 8 },
  manet: { channels: [16, 12, 8, 8, 4], pabChannels: 4, reduction: 1 },
  upernet: { channels: 8 },
  segformer: { channels: 8 },
  fcn: { headChannels: 8, headKernel: 3 },
};

/** Those with dropout. */
const random: readonly Architecture[] = ['deeplabv3', 'deeplabv3plus', 'fcn', 'fpn', 'pspnet'];

const beforeNorm = 'batch norm takes the mean out again';
const withoutGradient: { readonly [A in Architecture]?: Readonly<Record<string, string>> } = {
  linknet: { 'decoder\\.blocks\\.\\d\\.block\\.1\\.0\\.bias': beforeNorm },
  pan: { 'decoder\\..*\\.conv\\.bias': beforeNorm },
  pspnet: { 'decoder\\.psp\\.blocks\\.0\\.pool\\.1\\.0\\.bias': beforeNorm },
};

function create<A extends Architecture>(
  architecture: A,
  more: Partial<SegmentationOptions<A>> = {},
  seed = 1,
): SegmentationModel {
  return createSegmentationModel({
    architecture,
    encoder: narrow,
    classes: 3,
    decoder: decoders[architecture],
    generator: new Generator(seed),
    ...more,
  } as SegmentationOptions<A>);
}

const pictures = (height: number, width: number): InputCase<tf.Tensor> => ({
  name: `${height} × ${width}`,
  make: (generator, examples) => normalTensor([examples, height, width, 3], 0, 1, generator),
  gives: (_x, examples) => [examples, height, width, 3],
});

const picture = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, new Generator(2));

describe.each(architectures)('%s', (architecture) => {
  const size = architecture === 'pan' ? 128 : 64;

  testModel('as every model', {
    create: (generator) => create(architecture, { generator }),
    load: (from) => SegmentationModel.fromPretrained(from),
    inputs: isSlow ? [pictures(size, size)] : [pictures(size, size), pictures(size * 1.5, size)],
    training: random.includes(architecture) ? 'random' : 'different',
    except: architecture === 'fcn' ? {} : exceptWhereSlow,
    withoutGradient: withoutGradient[architecture] ?? {},
    wrong: [{ name: 'a grey picture', make: () => tf.zeros([1, size, size, 1]) }],
  });

  it('keeps a depth and an output stride that are not the usual ones', async () => {
    const strides = { pan: 32, deeplabv3: 16, deeplabv3plus: 8 } as const;
    const encoderOutputStride = (strides as Partial<Record<Architecture, number>>)[architecture];
    const channels = ['unet', 'unetplusplus', 'manet'].includes(architecture)
      ? { decoder: { channels: [8, 8, 8, 4] } }
      : {};
    const model = create(architecture, {
      encoderDepth: 4,
      ...(encoderOutputStride && { encoderOutputStride }),
      ...channels,
    } as Partial<SegmentationOptions>);
    const target = join(folder, `${architecture}-unusual`);
    await model.savePretrained(target);
    const loaded = await SegmentationModel.fromPretrained(target);
    expect(loaded.config).toEqual(model.config);
    model.dispose();
    loaded.dispose();
  });

  it('takes pictures of any size when asked to, and else says which sizes fit', () => {
    const model = create(architecture).eval();
    const x = picture(1, size + 5, size - 3, 3);
    const scores = model.forwardAnySize(x);
    expect(scores.shape).toEqual([1, size + 5, size - 3, 3]);
    scores.dispose();
    try {
      model.forward(x).dispose();
    } catch (error) {
      expect((error as Error).message).toMatch(/multiples of (8|16|32), for instance/);
    }
    x.dispose();
    model.dispose();
  });

  it('is built from a plain U-Net encoder and other channels too', () => {
    const free = ['fcn', 'linknet', 'pspnet', 'segformer', 'upernet', 'pan', 'fpn', 'deeplabv3', 'deeplabv3plus'];
    const model = create(architecture, {
      encoder: { type: 'unet', channels: [4, 4, 6, 8, 10] },
      inChannels: 1,
      ...(free.includes(architecture) ? {} : { decoder: {} }),
    } as Partial<SegmentationOptions>).eval();
    const x = picture(1, size, size, 1);
    const logits = model.forward(x);
    expect(logits.shape).toEqual([1, size, size, 3]);
    tf.dispose([x, logits]);
    model.dispose();
  });
});

describe('segmentation models', () => {
  it('repeat with the same seed and differ with another', () => {
    const [a, b, c] = [create('unet', {}, 4).eval(), create('unet', {}, 4).eval(), create('unet', {}, 5).eval()];
    const x = picture(1, 32, 32, 3);
    const [ya, yb, yc] = [a, b, c].map((model) => model.forward(x)) as [tf.Tensor, tf.Tensor, tf.Tensor];
    expectClose(ya, yb, { rtol: 0, atol: 0 });
    expect(() => expectClose(ya, yc)).toThrow();
    tf.dispose([x, ya, yb, yc]);
    for (const model of [a, b, c]) model.dispose();
  });

  it('apply the activation, and label whole pictures with a classification head', () => {
    const model = create('fpn', {
      activation: 'softmax',
      classificationHead: { classes: 5, pooling: 'max', dropout: 0.5, activation: 'sigmoid' },
    }).eval();
    tf.tidy(() => {
      const { masks, labels } = model.outputs(picture(2, 32, 32, 3));
      expect(labels!.shape).toEqual([2, 5]);
      expectClose(tf.sum(masks, -1), tf.ones([2, 32, 32]));
    });
    model.dispose();
  });

  it('say what is wrong with their options', () => {
    expect(() => create('unet', { encoder: 'resnet17' as never })).toThrow(
      /unknown encoder 'resnet17'; known are resnet18/,
    );
    expect(() => create('wnet' as Architecture)).toThrow(/unknown architecture "wnet"; known are unet/);
    expect(() => create('unet', { classes: 0 })).toThrow(/classes must be a positive whole number/);
    expect(() => create('unet', { decoder: { channels: [4, 4] } })).toThrow(/needs 5 decoder channels, got \[4,4\]/);
    expect(() => create('fpn', { encoderDepth: 2 })).toThrow(/depth of 3|depth 3 or more/);
    expect(() => create('deeplabv3', { encoderOutputStride: 32 })).toThrow(/output stride of 8 or 16, got 32/);
    expect(() => create('unet', { deepSupervision: true })).toThrow(/no branches for deep supervision/);
    const model = create('unet');
    const grey = picture(1, 32, 32, 1);
    expect(() => model.forward(grey)).toThrow(/expected pictures of shape \[N, H, W, 3\], got \[1, 32, 32, 1\]/);
    grey.dispose();
    model.dispose();
  });
});
