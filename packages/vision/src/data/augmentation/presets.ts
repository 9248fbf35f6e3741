import { InvalidArgumentError } from '@hourglass/core';
import { fitExample } from '../fit.js';
import type { SegmentationExample, Size } from '../image.js';
import { cropImage, cropMask } from '../resample.js';
import { compose, type Augmentation } from './augmentation.js';
import { gaussianBlur, gaussianNoise } from './blur-noise.js';
import { colourJitter } from './colour.js';
import { randomCrop, randomFlip, randomRotation, randomScale, type FillOptions } from './geometry.js';

export const augmentationPresets = ['none', 'light', 'strong'] as const;
export type AugmentationPreset = (typeof augmentationPresets)[number];

/**
 * A ready augmentation whose results all have `size`: 'none' only fits and crops at the centre; 'light' mirrors, scales a little
 * and varies the colours; 'strong' scales by 0.75 … 2, turns, blurs and adds noise too.
 */
export function augmentationPreset(preset: AugmentationPreset, size: Size, options: FillOptions = {}): Augmentation {
  switch (preset) {
    case 'none':
      return (example) => fitExample(example, size);
    case 'light':
      return compose(
        randomScale({ range: [1, 1.3], cover: size }),
        randomCrop(size, options),
        randomFlip(),
        colourJitter({ brightness: 0.15, contrast: 0.15, saturation: 0.15, hue: 0.02 }),
      );
    case 'strong':
      return compose(
        randomScale({ range: [0.75, 2], cover: size }),
        // what a turn brings in at the corners
        randomCrop(boundingBox(size, 10), options),
        randomRotation(10, options),
        (example) => centreCrop(example, size),
        randomFlip(),
        colourJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.05 }),
        gaussianBlur(1),
        gaussianNoise(8),
      );
    default:
      throw new InvalidArgumentError(
        `augmentation must be ${augmentationPresets.join(', ')}; got ${String(preset satisfies never)}`,
      );
  }
}

/** What must be seen so that a turn by up to `degrees` fills `size`. */
function boundingBox({ width, height }: Size, degrees: number): Size {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return { width: Math.ceil(width * cos + height * sin), height: Math.ceil(height * cos + width * sin) };
}

function centreCrop({ name, image, mask }: SegmentationExample, size: Size): SegmentationExample {
  const box = {
    ...size,
    left: Math.floor((image.width - size.width) / 2),
    top: Math.floor((image.height - size.height) / 2),
  };
  return { name, image: cropImage(image, box), mask: cropMask(mask, box) };
}
