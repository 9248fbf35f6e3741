import * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';
import type { FeatureEncoder } from './feature-encoder.js';

/**
 * How many frames of each sound count, by how many of its samples do.
 *
 * @param n sounds of the batch @param samples of the batch
 * @throws InvalidArgumentError for another number of lengths, and for lengths that do not fit
 */
export function frameLengths(
  encoder: FeatureEncoder,
  lengths: readonly number[],
  n: number,
  samples: number,
): number[] {
  check(lengths.length === n, () => `${n} sounds need ${n} lengths, got ${lengths.length}`);
  const least = encoder.receptiveField;
  return lengths.map((length, i) => {
    check(
      Number.isInteger(length) && length >= least && length <= samples,
      () =>
        `the length of sound ${i} must lie between ${least}, which make a frame, and the batch's ${samples}, got ${length}`,
    );
    return encoder.frames(length);
  });
}

/** float32 [N, frames]: 1 before each sound's end. */
export function frameMask(ends: readonly number[], frames: number): tf.Tensor2D {
  const mask = new Float32Array(ends.length * frames);
  ends.forEach((end, row) => mask.fill(1, row * frames, row * frames + end));
  return tf.tensor2d(mask, [ends.length, frames]);
}
