import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import { createSegmentationModel, type SegmentationModel } from '@hourglass/vision';

/** The network of unet-train-step/unet.py. */
export function makeUNet(): SegmentationModel {
  return createSegmentationModel({
    architecture: 'unet',
    encoder: { type: 'unet', channels: [16, 32, 64, 128] },
    classes: 8,
    generator: new Generator(0),
  });
}

/** Four pictures of 96 × 128 and their masks. */
export function makeBatch(): { readonly image: tf.Tensor; readonly mask: tf.Tensor } {
  const generator = new Generator(1);
  const ids = Int32Array.from({ length: 4 * 96 * 128 }, () => generator.integer(0, 8));
  return { image: normalTensor([4, 96, 128, 3], 0, 1, generator), mask: tf.tensor(ids, [4, 96, 128], 'int32') };
}
