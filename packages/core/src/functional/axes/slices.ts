import * as tf from '@tensorflow/tfjs-core';
import { PlaceRows } from '../../kernels/place-rows/spec.js';
import { customOp } from '../../gradients/custom-op.js';
import { product } from './permute.js';

/** x's slices `indices` (known beforehand) along an axis, like tf.gather but fast; differentiable. */
export function take(x: tf.Tensor, axis: number, indices: readonly number[]): tf.Tensor {
  const size = x.shape[axis]!;
  if (indices.length === size && indices.every((from, to) => from === to)) return tf.clone(x);
  return tf.reshape(takeSlices(around(x, axis), indices), withSize(x.shape, axis, indices.length));
}

/** The transpose of several {@link take}s: adds the slices of all parts to their places on an axis of `size`. */
export function place(
  parts: readonly tf.Tensor[],
  axis: number,
  indices: ReadonlyArray<readonly number[]>,
  size: number,
): tf.Tensor {
  // all parts in one scatter: much less memory passes by than in a sum of scattered parts
  const slices = parts.map((part) => around(part, axis));
  const all = slices.length === 1 ? slices[0]! : tf.concat(slices, 1);
  return tf.reshape(placeSlices(all, indices.flat(), size), withSize(parts[0]!.shape, axis, size));
}

/** x as [outer, axis, inner]. */
export function around(x: tf.Tensor, axis: number): tf.Tensor3D {
  return tf.reshape(x, [product(x.shape.slice(0, axis)), x.shape[axis]!, product(x.shape.slice(axis + 1))]);
}

/** A shape with another size of one axis. */
export function withSize(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((d, i) => (i === axis ? size : d));
}

/** x[:, indices] of [outer, size, inner]. */
function takeSlices(x: tf.Tensor3D, indices: readonly number[]): tf.Tensor3D {
  const [outer, size, inner] = x.shape;
  return customOp(
    [x],
    (x) => {
      // a backend that places slices along an axis takes them there as well
      if (PlaceRows.isBrought) return { value: tf.gather(x!, [...indices], 1) };
      // TFJS takes nothing from nothing for an error
      if (x!.size === 0) return { value: tf.zeros([outer, indices.length, inner]) };
      const rows = tf.reshape(x!, [outer * size, inner]);
      const taken = tf.gatherND(rows, tf.expandDims(rowNumbers(outer, size, indices), 1));
      return { value: tf.reshape(taken, [outer, indices.length, inner]) };
    },
    (dy) => placeSlices(dy as tf.Tensor3D, indices, size),
  ) as tf.Tensor3D;
}

/** The transpose of {@link takeSlices}: from x [outer, indices, inner] to [outer, size, inner]. */
function placeSlices(x: tf.Tensor3D, indices: readonly number[], size: number): tf.Tensor3D {
  const [outer, count, inner] = x.shape;
  return customOp(
    [x],
    (x) => {
      const shape: [number, number, number] = [outer, size, inner];
      if (PlaceRows.isBrought) {
        const list = tf.tensor1d([...indices], 'int32');
        const attrs = { batch: 1, outer, count, rows: size, inner, shape };
        return { value: PlaceRows.run({ x: x!, indices: list }, attrs)[0]! };
      }
      // of indices that are known here a list for all outer positions is quicker than moving the axis to the front
      const at = tf.expandDims(rowNumbers(outer, size, indices), 1);
      const placed = tf.scatterND(at, tf.reshape(x!, [outer * count, inner]), [outer * size, inner]);
      return { value: tf.reshape(placed, shape) };
    },
    (dy) => takeSlices(dy as tf.Tensor3D, indices),
  ) as tf.Tensor3D;
}

/** Row numbers of slices in [outer * size] rows: for each outer position, all of the list. */
function rowNumbers(outer: number, size: number, list: readonly number[]): tf.Tensor1D {
  const rows = new Int32Array(outer * list.length);
  let at = 0;
  for (let o = 0; o < outer; o++) for (let i = 0; i < list.length; i++) rows[at++] = o * size + list[i]!;
  return tf.tensor1d(rows, 'int32');
}

type Indices = (...variables: tf.Tensor[]) => tf.Tensor;

/**
 * Rows of x [rows, inner] by number. The two kernels used, each the other's transpose, are native everywhere and
 * move whole rows; TFJS's gather is forty times slower on wasm.
 *
 * @param indices makes the int32 vector of row numbers, perhaps from `variables`, whose gradient is zero.
 */
export function takeRows(x: tf.Tensor, indices: Indices, variables: readonly tf.Tensor[] = []): tf.Tensor {
  return customOp(
    [x, ...variables],
    (input, ...others) => ({ value: tf.gatherND(input, tf.expandDims(indices(...others), 1)) }),
    (dy, [input, ...others]) => [placeRows(dy, input!.shape, indices, others), ...others.map((v) => tf.zerosLike(v))],
  );
}

function placeRows(
  x: tf.Tensor,
  shape: readonly number[],
  indices: Indices,
  variables: readonly tf.Tensor[],
): tf.Tensor {
  return customOp(
    [x, ...variables],
    (input, ...others) => ({ value: tf.scatterND(tf.expandDims(indices(...others), 1), input, [...shape]) }),
    (dy, [, ...others]) => [takeRows(dy, indices, others), ...others.map((v) => tf.zerosLike(v))],
  );
}
