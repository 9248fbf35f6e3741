import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { bytesOf, isNumeric, type NumericType } from '../memory/native-data.js';

type List = readonly number[];

/** Row-major steps. */
export function denseSteps(shape: List): number[] {
  const steps = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) steps[axis] = steps[axis + 1]! * shape[axis + 1]!;
  return steps;
}

/** What the C++ copies through at most: it keeps the axes on its stack. */
const maximumRank = 14;

/** Whether the C++ can move a tensor: strings and complex numbers lie elsewhere. */
export function isMovable(x: tf.TensorInfo): x is tf.TensorInfo & { dtype: NumericType } {
  return isNumeric(x.dtype);
}

/**
 * Copies an array of `sizes` between two memories, walking `reads` and `writes` elements along each axis. All of it must lie
 * inside both. A step of 0 in `reads` repeats.
 *
 * @param from address of the first element read, `to` of the first one written
 */
export function copyStrided(
  backend: NativeBackend,
  dtype: NumericType,
  to: number,
  from: number,
  sizes: List,
  reads: List,
  writes: List,
): void {
  if (sizes.length > maximumRank) throw new Error(`${sizes.length} axes; the native backend copies up to 14`);
  const values = [to, from, bytesOf[dtype], sizes.length];
  for (let axis = 0; axis < sizes.length; axis++) values.push(sizes[axis]!, reads[axis]!, writes[axis]!);
  backend.call('strided_copy', ...values);
}

/**
 * A new tensor of `shape`, read from `x` in `reads` steps from element `offset` on. `sizes` are the axes to walk where they are
 * not those of the shape.
 */
export function picked(
  backend: NativeBackend,
  x: tf.TensorInfo,
  shape: List,
  reads: List,
  offset = 0,
  sizes: List = shape,
): tf.TensorInfo | null {
  if (!isMovable(x) || sizes.length > maximumRank) return null;
  const from = backend.address(x) + offset * bytesOf[x.dtype];
  const out = backend.output(shape, x.dtype);
  copyStrided(backend, x.dtype, backend.address(out), from, sizes, reads, denseSteps(sizes));
  return out;
}
