import { check, type losses } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Lengths of a batch as numbers; default all of `most`.
 *
 * @throws InvalidArgumentError when there are not as many as examples, or one is not a whole number from 0 to `most`
 */
export function lengthsOf(
  name: string,
  lengths: losses.Integers | undefined,
  batch: number,
  most: number,
  limit = most,
): number[] {
  if (lengths === undefined) return Array.from({ length: batch }, () => most);
  const all = Array.from(lengths instanceof tf.Tensor ? lengths.dataSync<'int32'>() : lengths);
  check(all.length === batch, `${name}: ${batch} sequences need ${batch} lengths, got ${all.length}`);
  for (const length of all)
    check(
      Number.isInteger(length) && length >= 0 && length <= limit,
      `${name}: a length is ${length}; it must be a whole number from 0 to ${limit}`,
    );
  return all;
}

/** bool [N, T]: true where a frame lies beyond its sequence's end. Null where none does. */
export function paddingMask(lengths: readonly number[], frames: number): tf.Tensor2D | null {
  if (lengths.every((length) => length >= frames)) return null;
  const values = new Uint8Array(lengths.length * frames);
  lengths.forEach((length, n) => values.fill(1, n * frames + Math.min(length, frames), (n + 1) * frames));
  return tf.tensor2d(values, [lengths.length, frames], 'bool');
}

/** @throws InvalidArgumentError unless x is [N, T, features] */
export function checkFeatures(name: string, x: tf.Tensor, features: number): asserts x is tf.Tensor3D {
  check(
    x.rank === 3 && x.shape[2] === features,
    () => `${name} takes [batch, frames, ${features}], got shape [${x.shape.join(', ')}]`,
  );
}
