import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, loadStateDict, losses, normalTensor, stateDict } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import { countMultiplyAdds, createSegmentationModel, resnetSpec, type SegmentationModel } from '@hourglass/vision';
import { boundaryBand, meanIU, predictions, shapeScenes, train } from './shapes.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const encoder = {
  type: 'resnet',
  ...resnetSpec('basic', { layers: [1, 1, 1, 1], stem: 16, planes: [16, 24, 32, 48] }),
} as const;

function deeplab(
  architecture: 'deeplabv3' | 'deeplabv3plus',
  asppSeparable: boolean,
  encoderOutputStride = 16,
): SegmentationModel {
  return createSegmentationModel({
    architecture,
    encoder,
    encoderOutputStride,
    classes: 4,
    decoder: { channels: 32, atrousRates: [1, 2, 3], asppSeparable, asppDropout: 0 },
    generator: new Generator(5),
  });
}

describe('DeepLabV3+ (354)', () => {
  it.skipIf(training.isMissing)(
    training.title('the decoder raises mIoU in the band along boundaries'),
    () => {
      const scenes = shapeScenes(96, 64, new Generator(30));
      const unseen = shapeScenes(32, 64, new Generator(31));
      const truth = unseen.labels.dataSync();
      const band = boundaryBand(unseen.labels, 3);
      const evaluate = (model: SegmentationModel): { all: number; boundary: number } => {
        const predicted = tf.tidy(() => predictions(model.forward(unseen.images)));
        return { all: meanIU(predicted, truth, 4), boundary: meanIU(predicted, truth, 4, (at) => band[at] === 1) };
      };
      const trained = (model: SegmentationModel): SegmentationModel => {
        const loss = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => losses.crossEntropy(model.forward(x), y);
        train(model, scenes, loss, { steps: 64, batch: 8, lr: 1e-2, seed: 6 });
        return model;
      };

      const alone = trained(deeplab('deeplabv3', true));
      const separable = trained(deeplab('deeplabv3plus', true));
      const dense = trained(deeplab('deeplabv3plus', false));
      const [encoderOnly, withDecoder, withDenseASPP] = [alone, separable, dense].map(evaluate) as [
        ReturnType<typeof evaluate>,
        ReturnType<typeof evaluate>,
        ReturnType<typeof evaluate>,
      ];
      const asppCost = (model: SegmentationModel): number =>
        countMultiplyAdds(model.decoder, () => model.forward(tf.zeros([1, 64, 64, 3])));
      const costs = [asppCost(separable), asppCost(dense)] as const;
      // the same weights at a finer stride: dilation takes the place of strides
      const finer = deeplab('deeplabv3plus', true, 8);
      loadStateDict(finer, stateDict(separable));
      const atStride8 = evaluate(finer.eval());
      console.log(
        `mIoU (boundary): encoder alone ${text(encoderOnly)}, with decoder ${text(withDecoder)}, dense ASPP ` +
          `${text(withDenseASPP)}, at stride 8 ${text(atStride8)}; decoder multiply-adds ${costs.join(' against ')}`,
      );
      for (const model of [alone, separable, dense, finer]) model.dispose();
      tf.dispose([scenes, unseen].flatMap(({ images, labels }) => [images, labels]));

      expect(withDecoder.boundary).toBeGreaterThan(encoderOnly.boundary + 0.2);
      expect(costs[0]).toBeLessThan(0.8 * costs[1]);
      expect(withDecoder.all).toBeGreaterThan(withDenseASPP.all - 0.04);
      expect(atStride8.all).toBeGreaterThan(withDecoder.all - 0.04);
    },
    240_000,
  );

  it('runs the same weights at output stride 8 and 16, with finer features at 8', () => {
    const [coarse, fine] = [deeplab('deeplabv3plus', true, 16).eval(), deeplab('deeplabv3plus', true, 8).eval()];
    loadStateDict(fine, stateDict(coarse));
    tf.tidy(() => {
      const x = normalTensor([1, 64, 64, 3], 0, 1, new Generator(7));
      expect(coarse.outputs(x).features.at(-1)!.shape).toEqual([1, 4, 4, 48]);
      expect(fine.outputs(x).features.at(-1)!.shape).toEqual([1, 8, 8, 48]);
      expect(fine.forward(x).shape).toEqual(coarse.forward(x).shape);
    });
    coarse.dispose();
    fine.dispose();
  });
});

function text({ all, boundary }: { all: number; boundary: number }): string {
  return `${all.toFixed(3)} (${boundary.toFixed(3)})`;
}
