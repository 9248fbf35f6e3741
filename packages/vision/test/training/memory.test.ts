import * as tf from '@tensorflow/tfjs-core';
import { AdamW, Generator, losses, normalTensor, valueAndGradients } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import {
  createSegmentationModel,
  describeClasses,
  evaluateSegmentation,
  predictLabels,
  segmentationDataset,
  trainSegmentation,
  type RgbImage,
  type SegmentationExample,
  type SegmentationModel,
} from '@hourglass/vision';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const checks = capability('checks of values');
const training = capability('fast enough to train');
const many = training.isMissing ? 10 : 100;
const [width, height] = [32, 32];
const encoder = { type: 'unet', channels: [4, 8, 8] } as const;

function pictures(count: number, seed = 1): SegmentationExample[] {
  const generator = new Generator(seed);
  return Array.from({ length: count }, (_, n) => {
    const edge = generator.integer(8, 24);
    const image: RgbImage = {
      width,
      height,
      channels: 3,
      data: Uint8Array.from(
        { length: width * height * 3 },
        (_, i) => (Math.floor(i / 3) % width < edge ? 60 : 180) + generator.integer(0, 20),
      ),
    };
    const mask = {
      width,
      height,
      data: Uint8Array.from({ length: width * height }, (_, i) => Number(i % width >= edge)),
    };
    return { name: `picture ${n}`, image, mask };
  });
}

describe('tf.memory() stays flat', () => {
  let model: SegmentationModel;
  beforeAll(async () => void (await useTestBackend('wasm')));
  beforeEach(() => {
    model = createSegmentationModel({ architecture: 'unet', encoder, classes: 2, generator: new Generator(3) });
  });
  afterEach(() => model.dispose());

  it('over many train steps, tensors and bytes', () => {
    const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
    const x = normalTensor([2, height, width, 3]);
    const y = tf.zeros([2, height, width], 'int32');
    const step = (): void => {
      const { value, gradients } = valueAndGradients(
        () => losses.crossEntropy(model.forward(x), y),
        model.parameters(),
      );
      optimizer.step(gradients);
      tf.dispose([value, ...gradients.values()]);
    };
    step(); // the optimiser makes its state
    const before = tf.memory();
    for (let i = 0; i < many; i++) step();
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers, after.numBytes]).toEqual([
      before.numTensors,
      before.numDataBuffers,
      before.numBytes,
    ]);
    optimizer.dispose();
    tf.dispose([x, y]);
  });

  it.skipIf(training.isMissing)(training.title('over a training of 100 steps with validation'), async () => {
    const classes = describeClasses(['left', 'right']);
    const data = segmentationDataset(pictures(8), classes);
    const before = tf.memory().numTensors;
    await trainSegmentation(model, data, { steps: 100, batchSize: 4, validation: data });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('over many predictions and an evaluation', async () => {
    const examples = pictures(many);
    predictLabels(model, [examples[0]!.image]);
    const before = tf.memory();
    for (const { image } of examples) predictLabels(model, [image]);
    await evaluateSegmentation(model, segmentationDataset(examples, describeClasses(['left', 'right'])));
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });

  it('when a step throws in the forward pass, in the loss, or because an example cannot be read', async () => {
    const data = segmentationDataset(pictures(4), describeClasses(['left', 'right']));
    const before = tf.memory().numTensors;
    const odd = normalTensor([1, 32, 32, 5]);
    expect(() => valueAndGradients(() => tf.mean(model.forward(odd)), model.parameters())).toThrow(/\[N, H, W, 3\]/);
    const x = normalTensor([1, 32, 32, 3]);
    const late = (): tf.Tensor => tf.mean(tf.add(model.forward(x), tf.zeros([7])));
    expect(() => valueAndGradients(late, model.parameters())).toThrow(/shape/);
    x.dispose();
    odd.dispose();
    const broken = {
      ...data,
      get(index: number) {
        if (index === 3) throw new Error('cannot read picture 3');
        return data.get(index);
      },
    };
    await expect(trainSegmentation(model, broken, { epochs: 1, batchSize: 1, augment: 'none' })).rejects.toThrow(
      /cannot read picture 3/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(checks.isMissing)(checks.title('when a label is of no class'), async () => {
    const data = segmentationDataset(pictures(4), describeClasses(['left', 'right']));
    const before = tf.memory().numTensors;
    const label = {
      ...data,
      get: () => ({ ...pictures(1)[0]!, mask: { width, height, data: new Uint8Array(width * height).fill(9) } }),
    };
    await expect(trainSegmentation(model, label, { steps: 3, batchSize: 2 })).rejects.toThrow(/9/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
