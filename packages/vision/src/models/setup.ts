import { CheckpointError } from '@hourglass/core';
import { describeClasses, type SegmentationClasses } from '../data/classes.js';
import { checkPreprocessing, imagenetPreprocessing, type Preprocessing } from '../data/preprocessing.js';
import { checkSize, type Size } from '../data/image.js';

/**
 * What a trained segmentation model needs to be used on pictures: kept beside its configuration in config.json, as
 * `setup`. Plain JSON.
 */
export interface SegmentationSetup extends SegmentationClasses {
  readonly preprocessing: Preprocessing;
  /** Size at which the pictures went through the network; null when each kept its own. */
  readonly size: Size | null;
}

/** A setup of unnamed classes, for new models and for checkpoints from elsewhere, which say nothing of them. */
export function defaultSetup(classes: number): SegmentationSetup {
  const names = Array.from({ length: classes }, (_, id) => `class ${id}`);
  return { ...describeClasses(names), preprocessing: imagenetPreprocessing, size: null };
}

/** The setup in a config.json. @throws CheckpointError when it is none. */
export function readSetup(stored: unknown, classes: number): SegmentationSetup {
  const { classes: names, palette, ignoreIndex, preprocessing, size } = (stored ?? {}) as Partial<SegmentationSetup>;
  const isColour = (colour: unknown): boolean =>
    Array.isArray(colour) && colour.length === 3 && colour.every(Number.isFinite);
  try {
    if (!Array.isArray(names) || names.length !== classes || !names.every((name) => typeof name === 'string')) {
      throw new CheckpointError(`it needs ${classes} names of classes`);
    }
    if (!Array.isArray(palette) || palette.length < classes || !palette.every(isColour)) {
      throw new CheckpointError(`it needs ${classes} colours of red, green and blue`);
    }
    if (!Number.isInteger(ignoreIndex)) throw new CheckpointError('ignoreIndex must be an integer');
    if (preprocessing === undefined) throw new CheckpointError('preprocessing is missing');
    checkPreprocessing(preprocessing);
    if (size != null) checkSize(size);
  } catch (cause) {
    throw new CheckpointError(`config.json: 'setup' is damaged: ${(cause as Error).message}`, { cause });
  }
  return { classes: names, palette, ignoreIndex: ignoreIndex!, preprocessing, size: size ?? null };
}
