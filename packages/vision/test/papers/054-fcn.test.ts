import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, losses, normalTensor } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  BilinearUpsampling,
  createSegmentationModel,
  DenseHead,
  FCNHead,
  resnetSpec,
  type SegmentationModel,
} from '@hourglass/vision';
import { meanIU, predictions, shapeScenes, train } from './shapes.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const encoder = {
  type: 'resnet',
  ...resnetSpec('basic', { layers: [1, 1, 1, 1], stem: 16, planes: [16, 24, 32, 48] }),
} as const;

function fcn(stride: number, seed: number): SegmentationModel {
  return createSegmentationModel({
    architecture: 'fcn',
    encoder,
    classes: 4,
    decoder: { stride, headChannels: 48, headKernel: 3, dropout: 0 },
    generator: new Generator(seed),
  });
}

describe('FCN (054)', () => {
  it('gives scores of the size of any picture', () => {
    for (const stride of [32, 16, 8]) {
      const model = fcn(stride, 1).eval();
      for (const [height, width] of [
        [64, 64],
        [33, 71],
        [5, 100],
      ] as const) {
        const scores = tf.tidy(() => model.forward(normalTensor([2, height, width, 3])));
        expect(scores.shape).toEqual([2, height, width, 4]);
        scores.dispose();
      }
      model.dispose();
    }
  });

  it("scores a map of the dense head's size as the dense head does, and larger maps at every place", () => {
    const generator = new Generator(3);
    const dense = new DenseHead(6, 5, { kernelSize: 3, channels: 10, generator });
    const head = new FCNHead(6, 5, { kernelSize: 3, channels: 10, generator }).convolutionalize(dense).eval();
    tf.tidy(() => {
      const native = normalTensor([2, 3, 3, 6], 0, 1, generator);
      expectClose(
        tf.reshape(tf.slice(head.forward(native), [0, 1, 1, 0], [2, 1, 1, 5]), [2, 5]),
        dense.forward(native),
      );
      const larger = normalTensor([1, 6, 7, 6], 0, 1, generator);
      const window = tf.slice(larger, [0, 2, 3, 0], [1, 3, 3, 6]);
      const there = tf.slice(head.forward(larger), [0, 3, 4, 0], [1, 1, 1, 5]);
      expectClose(tf.reshape(there, [1, 5]), dense.forward(window), { atol: 1e-5 });
    });
    dense.dispose();
    head.dispose();
  });

  it('up-samples bilinearly before training, aligned with the picture', () => {
    const up = new BilinearUpsampling(2, 4, { trainable: true });
    tf.tidy(() => {
      const map = normalTensor([1, 5, 6, 2], 0, 1, new Generator(4)) as tf.Tensor4D;
      const inner = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, 4, 4, 0], [1, 12, 16, 2]);
      expectClose(inner(up.forward(map, [20, 24])), inner(tf.image.resizeBilinear(map, [20, 24], false, true)), {
        atol: 1e-5,
      });
    });
    up.dispose();
  });

  it.skipIf(training.isMissing)(
    training.title('mean IU rises from FCN-32s to 16s to 8s on shapes'),
    () => {
      const scenes = shapeScenes(96, 64, new Generator(10));
      const unseen = shapeScenes(32, 64, new Generator(11));
      const score = (stride: number): number => {
        const model = fcn(stride, 5);
        const loss = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => losses.crossEntropy(model.forward(x), y);
        train(model, scenes, loss, { steps: 64, batch: 8, lr: 1e-2, seed: 6 });
        const predicted = tf.tidy(() => predictions(model.forward(unseen.images)));
        model.dispose();
        return meanIU(predicted, unseen.labels.dataSync(), 4);
      };
      const [coarse, medium, fine] = [score(32), score(16), score(8)];
      console.log(`mean IU: FCN-32s ${coarse.toFixed(3)}, FCN-16s ${medium.toFixed(3)}, FCN-8s ${fine.toFixed(3)}`);
      tf.dispose([scenes, unseen].flatMap(({ images, labels }) => [images, labels]));
      expect(medium).toBeGreaterThan(coarse + 0.03);
      expect(fine).toBeGreaterThan(medium + 0.03);
    },
    240_000,
  );
});
