import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { placesInRows } from '../../kernels/compressed-rows.js';
import { largestOfSegments } from '../../kernels/segment-max/gradient.js';
import { softmaxOfSegments } from '../../kernels/segment-softmax/gradient.js';
import { SparseProduct } from '../../kernels/sparse-product/spec.js';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';
import type { Segments } from './segments.js';

/** Runs `fn` on x as [rows, width]; `rows` says how many rows come out. */
function byRows(
  what: string,
  x: tf.Tensor,
  segments: Segments,
  rows: number,
  fn: (x: tf.Tensor2D) => tf.Tensor,
): tf.Tensor {
  check(
    x.rank > 0 && x.shape[0] === segments.count,
    () => `${what}: x must be [${segments.count}, …], a row for each id, got [${x.shape.join(', ')}]`,
  );
  const rest = x.shape.slice(1);
  return scope(() => tf.reshape(fn(tf.reshape(x, [segments.count, tf.util.sizeFromShape(rest)])), [rows, ...rest]));
}

/**
 * Sum of the rows of each segment.
 *
 * @param x float32 [segments.count, …]
 * @returns [segments.size, …]; zeros for a segment without rows
 */
export function segmentSum(x: tf.Tensor, segments: Segments): tf.Tensor {
  return byRows('segmentSum', x, segments, segments.size, (rows) => total(rows, segments, false));
}

/** Mean of the rows of each segment; zeros for a segment without rows. Shapes as of {@link segmentSum}. */
export function segmentMean(x: tf.Tensor, segments: Segments): tf.Tensor {
  return byRows('segmentMean', x, segments, segments.size, (rows) => total(rows, segments, true));
}

/** An operation of its own, since its gradient takes rows by the segments' ids, which the kernel does not know. */
function total(x: tf.Tensor, segments: Segments, mean: boolean): tf.Tensor {
  const { pointer, order, ids } = segments;
  return customOp(
    [x],
    (x) => {
      const [rows, width] = x!.shape as [number, number];
      const given = { x: tf.reshape(x!, [rows, 1, width]), pointer, column: order, edge: null, weights: null };
      return { value: tf.reshape(SparseProduct.run(given, { mean })[0]!, [segments.size, width]) };
    },
    (dy, _, __, [pointer, ids]) => tf.gather(mean ? tf.div(dy, placesInRows(pointer!)) : dy, ids as tf.Tensor1D),
    [pointer, ids],
  );
}

/**
 * The largest of each segment, column by column; NaN if there is one. Rows that are equally large share the gradient, as in
 * torch's scatter_reduce.
 *
 * @param x float32 [segments.count, …]
 * @returns [segments.size, …]; zeros for a segment without rows
 */
export function segmentMax(x: tf.Tensor, segments: Segments): tf.Tensor {
  return byRows('segmentMax', x, segments, segments.size, (x) =>
    largestOfSegments({ x, pointer: segments.pointer, order: segments.order }, {}),
  );
}

/**
 * Softmax among the rows of each segment, column by column; as for attention over the edges that lead to a node.
 *
 * @param x float32 [segments.count, …]
 * @returns x's shape
 */
export function segmentSoftmax(x: tf.Tensor, segments: Segments): tf.Tensor {
  return byRows('segmentSoftmax', x, segments, segments.count, (x) =>
    softmaxOfSegments({ x, pointer: segments.pointer, order: segments.order }, {}),
  );
}

/**
 * The row of each id's segment: what {@link segmentSum} is the transpose of. Rows of nodes to the edges that start or end there.
 *
 * @param x float32 [segments.size, …]
 * @returns [segments.count, …]
 */
export function segmentGather(x: tf.Tensor, segments: Segments): tf.Tensor {
  check(
    x.rank > 0 && x.shape[0] === segments.size,
    () => `segmentGather: x must be [${segments.size}, …], a row for each segment, got [${x.shape.join(', ')}]`,
  );
  // the order of the rows is known, so that its gradient is a sum over them instead of a scatter
  return customOp(
    [x],
    (x) => ({ value: tf.gather(x!, segments.ids) }),
    (dy) => segmentSum(dy, segments),
  );
}
