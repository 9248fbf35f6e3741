import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, losses, normalTensor } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { createSegmentationModel, pruneUNetPlusPlus, type SegmentationModel } from '@hourglass/vision';
import { blobs, intersectionOverUnion, predictions, train } from './shapes.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const channels = [8, 12, 16, 24, 32];
const size = 32;

/** Cross entropy plus soft Dice, as the paper's loss. */
function loss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const probability = tf.slice(tf.softmax(logits), [0, 0, 0, 1], [...logits.shape.slice(0, 3), 1]);
  const truth = tf.cast(tf.expandDims(labels, 3), 'float32');
  const overlap = tf.sum(tf.mul(probability, truth));
  const dice = tf.div(tf.mul(overlap, 2), tf.add(tf.sum(probability), tf.sum(truth)));
  return tf.sub(losses.crossEntropy(logits, labels), dice);
}

function unet(widths: readonly number[], seed: number): SegmentationModel {
  return createSegmentationModel({
    architecture: 'unet',
    encoder: { type: 'unet', channels: widths },
    inChannels: 1,
    classes: 2,
    generator: new Generator(seed),
  });
}

function nested(seed: number): SegmentationModel {
  return createSegmentationModel({
    architecture: 'unetplusplus',
    encoder: { type: 'unet', channels },
    inChannels: 1,
    classes: 2,
    deepSupervision: true,
    generator: new Generator(seed),
  });
}

describe('UNet++ (351)', () => {
  it.skipIf(training.isMissing)(
    training.title('with deep supervision segments blobs at least as well as U-Net and wide U-Net'),
    () => {
      const scenes = blobs(64, size, new Generator(20));
      const unseen = blobs(48, size, new Generator(21));
      const truth = unseen.labels.dataSync();
      const iou = (logits: () => tf.Tensor): number => {
        const predicted = tf.tidy(() => predictions(logits()));
        return intersectionOverUnion(predicted, truth, 1);
      };
      const plan = { steps: 70, batch: 6, lr: 1e-2, seed: 7 };

      const baseline = (widths: readonly number[]): { iou: number; parameters: number } => {
        const model = unet(widths, 5);
        train(model, scenes, (x, y) => loss(model.forward(x), y), plan);
        const result = { iou: iou(() => model.forward(unseen.images)), parameters: model.parameterCount };
        model.dispose();
        return result;
      };
      const plain = baseline(channels);

      const model = nested(5);
      // the wide U-Net has about as many parameters as the U-Net++
      const wide = baseline(channels.map((c) => Math.round(c * Math.sqrt(model.parameterCount / plain.parameters))));
      expect(Math.abs(wide.parameters / model.parameterCount - 1)).toBeLessThan(0.15);

      train(model, scenes, (x, y) => tf.div(tf.addN(model.branches(x).map((branch) => loss(branch, y))), 4), plan);
      const accurate = iou(() => tf.addN(model.branches(unseen.images).map((branch) => tf.softmax(branch))));
      console.log(
        `IoU: U-Net ${plain.iou.toFixed(3)}, wide U-Net ${wide.iou.toFixed(3)}, U-Net++ ${accurate.toFixed(3)}`,
      );
      expect(accurate).toBeGreaterThanOrEqual(plain.iou);
      expect(accurate).toBeGreaterThanOrEqual(wide.iou);

      let smaller = 0;
      for (const level of [1, 2, 3, 4]) {
        const pruned = pruneUNetPlusPlus(model, level).eval();
        const score = iou(() => pruned.forward(unseen.images));
        console.log(`  L${level}: ${pruned.parameterCount} parameters, IoU ${score.toFixed(3)}`);
        expect(pruned.parameterCount).toBeGreaterThan(smaller);
        smaller = pruned.parameterCount;
        expect(score).toBeGreaterThan(0.7);
        pruned.dispose();
      }
      model.dispose();
      tf.dispose([scenes, unseen].flatMap(({ images, labels }) => [images, labels]));
    },
    240_000,
  );

  it('gives from each pruned sub-network what its branch gives', () => {
    for (const encoder of [
      { type: 'unet', channels: [4, 6, 8, 10] },
      {
        type: 'resnet',
        block: 'basic',
        stem: 4,
        stages: [4, 6, 8].map((c) => ({ blocks: 1, width: c, channels: c })),
        groups: 1,
      },
    ] as const) {
      const model = createSegmentationModel({
        architecture: 'unetplusplus',
        encoder,
        classes: 3,
        deepSupervision: true,
        generator: new Generator(9),
      }).eval();
      const x = normalTensor([1, 32, 48, 3], 0, 1, new Generator(8));
      const branches = model.branches(x);
      branches.forEach((branch, i) => {
        const pruned = pruneUNetPlusPlus(model, i + 1).eval();
        const alone = pruned.forward(x);
        expect(alone.shape).toEqual([1, 32, 48, 3]);
        expectClose(alone, branch, { atol: 1e-5 });
        alone.dispose();
        pruned.dispose();
      });
      tf.dispose([x, ...branches]);
      model.dispose();
    }
  });
});
