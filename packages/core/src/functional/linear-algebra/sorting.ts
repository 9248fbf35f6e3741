import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { normalizeAxis } from '../activations/softmax.js';
import { customOp } from '../../gradients/custom-op.js';
import { gather } from './indexing.js';

export interface Ranked {
  readonly values: tf.Tensor;
  /** int32 */
  readonly indices: tf.Tensor;
}

/**
 * The k largest values along `dim` (default the last axis), largest first, or the smallest; equal ones in order of index.
 *
 * @throws InvalidArgumentError when there are fewer than k.
 */
export function topk(x: tf.Tensor, k: number, options: { dim?: number; largest?: boolean } = {}): Ranked {
  const { dim = -1, largest = true } = options;
  const axis = normalizeAxis(dim, x);
  check(Number.isInteger(k) && k >= 0 && k <= x.shape[axis]!, () => `topk: ${k} of ${x.shape[axis]} values`);
  return scope(() => {
    const order = x.shape.map((_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
    // the choice is no part of the gradient; the values are picked by it
    const indices = customOp(
      [x],
      (x) => {
        const last = tf.transpose(x!, order);
        return { value: tf.transpose(tf.topk(largest ? last : tf.neg(last), k).indices, order) };
      },
      (_, [x]) => tf.zerosLike(x!),
    );
    return { values: gather(x, axis, indices), indices };
  });
}

/** All values along `dim` (default the last axis) in ascending or descending order; equal ones in order of index. */
export function sort(x: tf.Tensor, options: { dim?: number; descending?: boolean } = {}): Ranked {
  const { dim = -1, descending = false } = options;
  return topk(x, x.shape[normalizeAxis(dim, x)]!, { dim, largest: descending });
}

/** The k-th smallest value along `dim` (default the last axis), k from 1. */
export function kthvalue(x: tf.Tensor, k: number, options: { dim?: number; keepDim?: boolean } = {}): Ranked {
  const { dim = -1, keepDim = false } = options;
  const axis = normalizeAxis(dim, x);
  check(Number.isInteger(k) && k >= 1 && k <= x.shape[axis]!, () => `kthvalue: number ${k} of ${x.shape[axis]} values`);
  return scope(() => {
    const { values, indices } = topk(x, k, { dim, largest: false });
    const pick = (v: tf.Tensor): tf.Tensor => {
      const one = tf.slice(
        v,
        v.shape.map((_, i) => (i === axis ? k - 1 : 0)),
        v.shape.map((size, i) => (i === axis ? 1 : size)),
      );
      return keepDim ? one : tf.squeeze(one, [axis]);
    };
    return { values: pick(values), indices: pick(indices) };
  });
}

/** The median along `dim` (default the last axis), the lower of the two middle values where there are two. */
export function median(x: tf.Tensor, options: { dim?: number; keepDim?: boolean } = {}): Ranked {
  const size = x.shape[normalizeAxis(options.dim ?? -1, x)]!;
  return kthvalue(x, Math.floor((size - 1) / 2) + 1, options);
}

/**
 * Where each value of [..., m] would be put in ascending sequences [..., n] (or one [n] for all), before equal values or,
 * with `right`, after them: int32.
 *
 * @throws InvalidArgumentError when the leading axes differ.
 */
export function searchsorted(sequence: tf.Tensor, values: tf.Tensor, options: { right?: boolean } = {}): tf.Tensor {
  const side = options.right === true ? 'right' : 'left';
  return scope(() => {
    const n = sequence.shape.at(-1)!;
    if (sequence.rank === 1) {
      const found = tf.searchSorted(tf.reshape(sequence, [1, n]), tf.reshape(values, [1, values.size]), side);
      return tf.reshape(found, values.shape);
    }
    const m = values.shape.at(-1)!;
    check(
      tf.util.arraysEqual(sequence.shape.slice(0, -1), values.shape.slice(0, -1)),
      () => `searchsorted: sequences [${sequence.shape.join(', ')}] and values [${values.shape.join(', ')}] do not fit`,
    );
    const found = tf.searchSorted(tf.reshape(sequence, [-1, n]), tf.reshape(values, [-1, m]), side);
    return tf.reshape(found, values.shape);
  });
}

/** The interval between ascending boundaries [n] in which each value lies, 0 … n; a boundary belongs to the interval below it, or with `right` above. */
export function bucketize(x: tf.Tensor, boundaries: tf.Tensor, options: { right?: boolean } = {}): tf.Tensor {
  check(boundaries.rank === 1, () => `bucketize takes boundaries [n], got shape [${boundaries.shape.join(', ')}]`);
  return searchsorted(boundaries, x, options);
}

/** How often each of 0, 1, … occurs in whole numbers: int32 [max(x) + 1], at least `minLength` long. */
export function bincount(x: tf.Tensor, options: { minLength?: number } = {}): tf.Tensor1D {
  const values = x.dataSync<'int32'>();
  const counts = new Int32Array(Math.max(options.minLength ?? 0, 1 + values.reduce((a, b) => Math.max(a, b), -1)));
  for (const value of values) {
    check(Number.isInteger(value) && value >= 0, `bincount takes whole numbers from 0, got ${value}`);
    counts[value]!++;
  }
  return tf.tensor1d(counts, 'int32');
}

/** Counts in equal bins between min and max, which belong in; float32 [bins]. With min = max, those of the data. */
export function histc(x: tf.Tensor, options: { bins?: number; min?: number; max?: number } = {}): tf.Tensor1D {
  const { bins = 100 } = options;
  const values = x.dataSync<'float32'>();
  let { min = 0, max = 0 } = options;
  check(bins >= 1 && min <= max, `histc: ${bins} bins from ${min} to ${max}`);
  if (min === max && values.length > 0) {
    min = values.reduce((a, b) => Math.min(a, b), Infinity);
    max = values.reduce((a, b) => Math.max(a, b), -Infinity);
  }
  if (min === max) [min, max] = [min - 1, max + 1];
  const counts = new Float32Array(bins);
  for (const value of values) {
    if (value >= min && value <= max) counts[Math.min(bins - 1, Math.floor(((value - min) / (max - min)) * bins))]!++;
  }
  return tf.tensor1d(counts);
}
