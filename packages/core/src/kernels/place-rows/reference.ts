import * as tf from '@tensorflow/tfjs-core';
import { zerosFrom } from '../../functional/axes/constant.js';
import type { PlaceRowsAttrs, PlaceRowsInputs } from './spec.js';

export function placeRows(
  { x, indices }: PlaceRowsInputs,
  { batch, outer, count, rows, inner, shape }: PlaceRowsAttrs,
): tf.Tensor[] {
  if (x.size === 0) return [zerosFrom([x], shape)];
  const flat = tf.reshape(indices, [batch * count]) as tf.Tensor1D;
  if (batch === 1 && outer === 1) {
    return [tf.reshape(tf.unsortedSegmentSum(tf.reshape(x, [count, inner]), flat, rows), shape)];
  }
  const values = tf.reshape(tf.transpose(tf.reshape(x, [batch, outer, count, inner]), [0, 2, 1, 3]), [
    batch * count,
    outer * inner,
  ]);
  const ids = batch === 1 ? flat : numbered(flat, batch, count, rows);
  const summed = tf.reshape(tf.unsortedSegmentSum(values, ids, batch * rows), [batch, rows, outer, inner]);
  return [tf.reshape(tf.transpose(summed, [0, 2, 1, 3]), shape)];
}

/** One list of rows for all batches: row r of batch b is number b * rows + r. Those of no row are of no batch either. */
function numbered(flat: tf.Tensor1D, batch: number, count: number, rows: number): tf.Tensor1D {
  const first = tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(rows, 'int32'));
  const ids = tf.add(tf.reshape(flat, [batch, count]), tf.reshape(first, [batch, 1]));
  const inside = tf.logicalAnd(tf.greaterEqual(flat, tf.scalar(0, 'int32')), tf.less(flat, tf.scalar(rows, 'int32')));
  return tf.where<tf.Tensor>(inside, tf.reshape(ids, [-1]), tf.scalar(-1, 'int32')) as tf.Tensor1D;
}
