import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { SegmentMax, SegmentMaxGradient } from '../../kernels/segment-max/spec.js';
import { SegmentSoftmax, SegmentSoftmaxGradient } from '../../kernels/segment-softmax/spec.js';
import { SparseProduct } from '../../kernels/sparse-product/spec.js';
import { scope } from '../../memory.js';
import { constantOf } from '../axes/constant.js';
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

/** The rows of each segment's result, for every row of x. */
function spread(y: tf.Tensor, segments: Segments): tf.Tensor {
  return tf.gather(y, segments.ids);
}

/** float32 [size, 1]: rows of each segment, but at least 1. */
function counts(segments: Segments): tf.Tensor {
  const { pointer } = segments.values;
  return tf.tensor2d(
    Float32Array.from({ length: segments.size }, (_, s) => Math.max(1, pointer[s + 1]! - pointer[s]!)),
    [segments.size, 1],
  );
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

function total(x: tf.Tensor, segments: Segments, mean: boolean): tf.Tensor {
  const { pointer, order } = segments;
  return customOp(
    [x],
    (x) => {
      const [rows, width] = x!.shape as [number, number];
      const own = SparseProduct.run(
        { x: tf.reshape(x!, [rows, 1, width]), pointer, column: order, edge: null, weights: null },
        { mean },
      )?.[0];
      if (own !== undefined) return { value: tf.reshape(own, [segments.size, width]) };
      const sums = tf.unsortedSegmentSum(x!, segments.ids, segments.size);
      return { value: mean ? tf.div(sums, counts(segments)) : sums };
    },
    (dy) => spread(mean ? tf.div(dy, counts(segments)) : dy, segments),
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
  return byRows('segmentMax', x, segments, segments.size, (rows) => largest(rows, segments));
}

function largest(x: tf.Tensor, segments: Segments): tf.Tensor {
  const { pointer, order } = segments;
  return customOp(
    [x],
    (x) => {
      const value = SegmentMax.run({ x: x!, pointer, order }, {})?.[0] ?? composedMax(x!, segments);
      return { value, saved: [value] };
    },
    (dy, [x], saved) => {
      const own = saved === null ? null : SegmentMaxGradient.run({ x: x!, y: saved[0]!, dy, pointer, order }, {});
      if (own !== null) return own[0]!;
      const isLargest = constantOf([x!], (x) => {
        const y = saved?.[0] ?? composedMax(x!, segments);
        return tf.cast(tf.equal(x!, spread(y, segments)), 'float32');
      });
      const sharing = constantOf([isLargest], (mask) =>
        tf.maximum(tf.unsortedSegmentSum(mask!, segments.ids, segments.size), 1),
      );
      return tf.mul(isLargest, spread(tf.div(dy, sharing), segments));
    },
  );
}

/**
 * Rows in the order of their segments take the larger of themselves and of the row 1, 2, 4, … places on in their segment; then
 * the first of each segment is its largest.
 */
function composedMax(x: tf.Tensor, { size, count, order, values }: Segments): tf.Tensor {
  if (count === 0) return tf.zeros([size, x.shape[1]!]);
  const { pointer } = values;
  let rows = order === null ? x : tf.gather(x, order);
  const lengths = Array.from({ length: size }, (_, s) => pointer[s + 1]! - pointer[s]!);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  for (let step = 1; step < longest; step *= 2) {
    const partner = new Int32Array(count);
    for (let s = 0; s < size; s++) {
      for (let at = pointer[s]!; at < pointer[s + 1]!; at++) partner[at] = at + step < pointer[s + 1]! ? at + step : at;
    }
    rows = tf.maximum(rows, tf.gather(rows, tf.tensor1d(partner, 'int32')));
  }
  const first = Int32Array.from(pointer.subarray(0, size), (at) => Math.min(at, count - 1));
  const hasRows = tf.tensor2d(
    lengths.map((length) => Number(length > 0)),
    [size, 1],
    'bool',
  );
  const found = tf.gather(rows, tf.tensor1d(first, 'int32'));
  return tf.where(tf.broadcastTo(hasRows, found.shape), found, tf.zerosLike(found));
}

/**
 * Softmax among the rows of each segment, column by column; as for attention over the edges that lead to a node.
 *
 * @param x float32 [segments.count, …]
 * @returns x's shape
 */
export function segmentSoftmax(x: tf.Tensor, segments: Segments): tf.Tensor {
  return byRows('segmentSoftmax', x, segments, segments.count, (rows) => softmaxWithin(rows, segments));
}

function softmaxWithin(x: tf.Tensor, segments: Segments): tf.Tensor {
  const { pointer, order } = segments;
  return customOp(
    [x],
    (x) => {
      const value = SegmentSoftmax.run({ x: x!, pointer, order }, {})?.[0] ?? composedSoftmax(x!, segments);
      return { value, saved: [value] };
    },
    (dy, [x], saved) => {
      const own = saved === null ? null : SegmentSoftmaxGradient.run({ y: saved[0]!, dy, pointer, order }, {});
      if (own !== null) return own[0]!;
      const y = saved?.[0] ?? softmaxWithin(x!, segments);
      const sums = tf.unsortedSegmentSum(tf.mul(y, dy), segments.ids, segments.size);
      return tf.mul(y, tf.sub(dy, spread(sums, segments)));
    },
  );
}

function composedSoftmax(x: tf.Tensor, segments: Segments): tf.Tensor {
  const raised = tf.exp(tf.sub(x, spread(composedMax(x, segments), segments)));
  return tf.div(raised, spread(tf.unsortedSegmentSum(raised, segments.ids, segments.size), segments));
}
