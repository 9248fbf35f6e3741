import type { Dataset } from '@hourglass/core';
import type { SegmentationClasses } from './classes.js';
import type { SegmentationExample } from './image.js';

/** Pictures with the class of every pixel, and what the classes are. */
export interface SegmentationDataset extends Dataset<SegmentationExample>, SegmentationClasses {
  /** Names of the examples by index. */
  readonly names: readonly string[];
}

/** A data set of examples in memory. */
export function segmentationDataset(
  examples: readonly SegmentationExample[],
  classes: SegmentationClasses,
): SegmentationDataset {
  return {
    ...classes,
    names: examples.map(({ name }) => name),
    length: examples.length,
    get: (index) => examples[index]!,
  };
}
