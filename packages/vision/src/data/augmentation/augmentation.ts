import type { Generator } from '@hourglass/core';
import type { SegmentationExample } from '../image.js';

/**
 * Changes a picture and its mask together. All chance comes from the generator: the same example and the same state of the
 * generator give the same result.
 */
export type Augmentation = (example: SegmentationExample, generator: Generator) => SegmentationExample;

/** One after the other. */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  return (example, generator) => augmentations.reduce((result, augment) => augment(result, generator), example);
}
