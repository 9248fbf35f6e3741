import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { channelMeans, scaleShift } from '../channels.js';
import type { RowNormAttrs, RowNormGradAttrs, RowNormGradInputs, RowNormInputs } from './spec.js';

type Vector = tf.Tensor | null | undefined;

/** x as rows of the elements that are normalised together. */
function rowsOf(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const width = tf.util.sizeFromShape([...shape]);
  return tf.reshape(x, [width === 0 ? 0 : x.size / width, width]);
}

const flat = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [x.size]);

/** Rows times and plus numbers for each column. */
function perColumn(x: tf.Tensor, scale: Vector, shift: Vector): tf.Tensor {
  if ((scale == null && shift == null) || x.size === 0) return x;
  const line = (v: Vector): tf.Tensor | null => (v == null ? null : tf.reshape(v, [1, v.size]));
  return tf.reshape(scaleShift(tf.expandDims(x, 0), line(scale), line(shift)), x.shape);
}

export function rowNorm({ x, weight, bias }: RowNormInputs, { shape, eps, centre }: RowNormAttrs): tf.Tensor[] {
  const rows = rowsOf(x, shape);
  const mean = centre ? tf.mean(rows, 1, true) : tf.zeros([rows.shape[0]!, 1]);
  const centred = centre ? tf.sub(rows, mean) : rows;
  const inverse = scope(() => tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), eps)));
  const y = perColumn(tf.mul(centred, inverse), weight, bias);
  return [tf.reshape(y, x.shape), flat(mean), flat(inverse)];
}

export function rowNormGrad(
  { x, weight, dy, mean, inverse }: RowNormGradInputs,
  { shape, centre }: RowNormGradAttrs,
): tf.Tensor[] {
  const [rows, upstream] = [rowsOf(x, shape), rowsOf(dy, shape)];
  const scale = tf.expandDims(inverse, 1);
  const normed = tf.mul(centre ? tf.sub(rows, tf.expandDims(mean, 1)) : rows, scale);
  const g = perColumn(upstream, weight, null);
  const dx = scope(() => {
    const projection = tf.mean(tf.mul(g, normed), 1, true);
    const across = tf.sub(centre ? tf.sub(g, tf.mean(g, 1, true)) : g, tf.mul(normed, projection));
    return tf.reshape(tf.mul(across, scale), x.shape);
  });
  const total = (v: tf.Tensor): tf.Tensor =>
    tf.reshape(v.shape[0] === 0 ? tf.zeros([...shape]) : tf.mul(channelMeans(tf.expandDims(v, 0)), v.shape[0]!), [
      ...shape,
    ]);
  return [dx, total(tf.mul(upstream, normed)), total(upstream)];
}
