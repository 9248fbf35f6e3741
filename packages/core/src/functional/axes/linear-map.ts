import * as tf from '@tensorflow/tfjs-core';
import { Resample, type LinearMap } from '../../kernels/resample/spec.js';
import { customOp } from '../../gradients/custom-op.js';
import { around, place, take, withSize } from './slices.js';

export type { LinearMap };

/** Applies a linear map along an axis of x. Differentiable any number of times. */
export function mapAxis(x: tf.Tensor, axis: number, map: LinearMap): tf.Tensor {
  if (map.weights.every((row) => row.length === 1 && row[0] === 1)) return take(x, axis, map.first);
  return customOp(
    [x],
    (input) => ({
      value:
        resampleAxis(input, axis, map, false) ??
        sum(diagonals(map, x.rank - axis).map(({ indices, weights }) => tf.mul(take(input, axis, indices), weights))),
    }),
    (dy) => mapAxisTransposed(dy, axis, map),
  );
}

/** The transpose of {@link mapAxis}: from an axis of outputs to one of inputs. */
export function mapAxisTransposed(x: tf.Tensor, axis: number, map: LinearMap): tf.Tensor {
  return customOp(
    [x],
    (input) => {
      const native = resampleAxis(input, axis, map, true);
      if (native !== null) return { value: native };
      const terms = diagonals(map, x.rank - axis);
      const parts = terms.map(({ weights }) => tf.mul(input, weights));
      const indices = terms.map((term) => term.indices);
      return { value: place(parts, axis, indices, map.from) };
    },
    (dy) => mapAxis(dy, axis, map),
  );
}

/** The map or its transpose by the kernel for it; null where there is none. */
function resampleAxis(x: tf.Tensor, axis: number, map: LinearMap, transposed: boolean): tf.Tensor | null {
  if (!Resample.isBrought || x.dtype !== 'float32') return null;
  const [outer, size, inner] = around(x, axis).shape;
  // short runs are quicker as the pixels of a row than as rows
  const short = inner < 16;
  const picture = tf.reshape(x, short ? [outer, 1, size, inner] : [outer, size, 1, inner]);
  const maps = short ? { rows: null, columns: map } : { rows: map, columns: null };
  const y = Resample.run({ x: picture }, { ...maps, transposed });
  return y === null ? null : tf.reshape(y[0]!, withSize(x.shape, axis, transposed ? map.from : map.first.length));
}

/**
 * Maps along two neighbouring axes of x [batch, rows, columns, channels], in one pass where the backend has a kernel for it.
 * Differentiable any number of times.
 */
export function mapPicture(x: tf.Tensor, rows: LinearMap, columns: LinearMap): tf.Tensor {
  if (!Resample.isBrought || x.dtype !== 'float32') return mapAxis(mapAxis(x, 1, rows), 2, columns);
  return resamplePicture(x, rows, columns, false);
}

function resamplePicture(x: tf.Tensor, rows: LinearMap, columns: LinearMap, transposed: boolean): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: Resample.run({ x: input }, { rows, columns, transposed })![0]! }),
    (dy) => resamplePicture(dy, rows, columns, !transposed),
  );
}

/** The i-th terms of all outputs: where they read, and their weights, shaped to multiply along the axis. */
function diagonals(
  { from, first, weights }: LinearMap,
  rank: number,
): Array<{ indices: number[]; weights: tf.Tensor }> {
  const width = Math.max(...weights.map((row) => row.length));
  return Array.from({ length: width }, (_, i) => ({
    indices: first.map((at) => Math.min(at + i, from - 1)),
    weights: tf.tensor(
      weights.map((row) => row[i] ?? 0),
      [first.length, ...Array.from({ length: rank - 1 }, () => 1)],
    ),
  }));
}

function sum(terms: tf.Tensor[]): tf.Tensor {
  return terms.length === 1 ? terms[0]! : tf.addN(terms);
}
