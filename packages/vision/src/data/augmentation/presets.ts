import { InvalidArgumentError } from '@hourglass/core';
import { fitExample } from '../fit.js';
import type { Size } from '../image.js';
import { compose, type Augmentation } from './augmentation.js';
import { gaussianBlur, gaussianNoise } from './blur-noise.js';
import { colourJitter } from './colour.js';
import { randomCrop, randomFlip, randomRotation, randomScale, type FillOptions } from './geometry.js';

export const augmentationPresets = ['none', 'light', 'strong'] as const;
export type AugmentationPreset = (typeof augmentationPresets)[number];

/**
 * A ready augmentation whose results all have `size`: 'none' only fits and crops at the centre; 'light' mirrors, scales a little
 * and varies the colours; 'strong' scales by 0.5 … 2, turns, blurs and adds noise too.
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
        randomScale({ range: [0.5, 2], cover: size }),
        randomRotation(10, options),
        randomCrop(size, options),
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
