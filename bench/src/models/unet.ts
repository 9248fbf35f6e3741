import { AdamW, Generator, losses, normalTensor } from '@hourglass/core';
import { createSegmentationModel } from '@hourglass/vision';
import type { TrainingMaker } from '../training.js';
import { integerTensor } from './inputs.js';

/** U-Net (Ronneberger et al. 2015, arXiv:1505.04597) with batch norm: segmentation into 8 classes. */
export const unet: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const [batch, side, channels] = size === 'full' ? [4, 128, [32, 64, 128, 256]] : [2, 16, [4, 8, 12]];
  const model = createSegmentationModel({
    architecture: 'unet',
    encoder: { type: 'unet', channels },
    classes: 8,
    generator,
  });
  const image = normalTensor([batch, side, side, 3], 0, 1, generator);
  const mask = integerTensor([batch, side, side], 8, generator);
  return {
    model,
    inputs: { image, mask },
    forward: () => model.forward(image),
    loss: () => losses.crossEntropy(model.forward(image), mask),
    optimizer: () => new AdamW(model.parameters(), { lr: 1e-3 }),
  };
};
