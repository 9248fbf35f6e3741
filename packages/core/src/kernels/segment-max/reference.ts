import * as tf from '@tensorflow/tfjs-core';
import { constantOf } from '../../functional/axes/constant.js';
import { rowsOfThings } from '../compressed-rows.js';
import type { SegmentMaxGradientInputs, SegmentMaxInputs } from './spec.js';

type Lists = Pick<SegmentMaxInputs, 'pointer' | 'order'>;

/** int32 [rows]: each row's segment. */
export function segmentsOfRows({ pointer, order }: Lists, rows: number): tf.Tensor1D {
  const segments = rowsOfThings(pointer, order, rows);
  if (segments === null) throw new Error('segments: order names a row more than once');
  return segments;
}

/**
 * Rows in the order of their segments take the larger of themselves and of the row 1, 2, 4, … places on in their segment; then
 * the first of each segment is its largest.
 */
export function segmentMax({ x, pointer, order }: SegmentMaxInputs): tf.Tensor[] {
  const [count, width] = x.shape as [number, number];
  const size = pointer.size - 1;
  if (count === 0) return [tf.zeros([size, width])];
  const starts = pointer.dataSync<'int32'>();
  let rows = order == null ? x : tf.gather(x, order as tf.Tensor1D);
  const lengths = Array.from({ length: size }, (_, s) => starts[s + 1]! - starts[s]!);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  for (let step = 1; step < longest; step *= 2) {
    const partner = new Int32Array(count);
    for (let s = 0; s < size; s++) {
      const end = starts[s + 1]!;
      for (let at = starts[s]!; at < end; at++) partner[at] = at + step < end ? at + step : at;
    }
    rows = tf.maximum(rows, tf.gather(rows, tf.tensor1d(partner, 'int32')));
  }
  const first = Int32Array.from(starts.subarray(0, size), (at) => Math.min(at, count - 1));
  const hasRows = tf.tensor2d(
    lengths.map((length) => Number(length > 0)),
    [size, 1],
    'bool',
  );
  const found = tf.gather(rows, tf.tensor1d(first, 'int32'));
  return [tf.where(tf.broadcastTo(hasRows, found.shape), found, tf.zerosLike(found))];
}

export function segmentMaxGradient({ x, y, dy, pointer, order }: SegmentMaxGradientInputs): tf.Tensor[] {
  const [rows, size] = [x.shape[0]!, pointer.size - 1];
  const spread = (whole: tf.Tensor): tf.Tensor => tf.gather(whole, segmentsOfRows({ pointer, order }, rows));
  if (rows === 0) return [tf.zeros(x.shape)];
  const isLargest = constantOf([x, y], (x, y) => tf.cast(tf.equal(x!, spread(y!)), 'float32'));
  const sharing = constantOf([isLargest], (mask) =>
    tf.maximum(tf.unsortedSegmentSum(mask!, segmentsOfRows({ pointer, order }, rows), size), 1),
  );
  return [tf.mul(isLargest, spread(tf.div(dy, sharing)))];
}
