import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { scope } from '../memory.js';
import { checkLabels, oneHot } from './labels.js';
import { checkSameShape, reduce, type ReductionOptions } from './reduction.js';

export interface MarginOptions extends ReductionOptions {
  readonly margin?: number;
}

/**
 * For pairs that belong together (y = 1) 1 - cos(a, b), for others (y = -1) what cos(a, b) exceeds `margin` (default 0) by; torch's
 * `cosine_embedding_loss`.
 * @param a,b float32 [N, D] or [D]. @param y [N] or scalar.
 */
export function cosineEmbedding(a: tf.Tensor, b: tf.Tensor, y: tf.Tensor, options: MarginOptions = {}): tf.Tensor {
  const { margin = 0, reduction } = options;
  checkSameShape('cosineEmbedding', a, b);
  checkPairs('cosineEmbedding', a, y);
  return scope(() => {
    const eps = 1e-12;
    const lengths = tf.mul(tf.add(tf.sum(tf.square(a), -1), eps), tf.add(tf.sum(tf.square(b), -1), eps));
    const cosine = tf.div(tf.sum(tf.mul(a, b), -1), tf.sqrt(lengths));
    return reduce(byLabel(y, tf.sub(1, cosine), hinge(tf.sub(cosine, margin))), reduction);
  });
}

/** max(0, margin - y (a - b)): a should rank above b where y = 1, below where y = -1; torch's `margin_ranking_loss`. */
export function marginRanking(a: tf.Tensor, b: tf.Tensor, y: tf.Tensor, options: MarginOptions = {}): tf.Tensor {
  const { margin = 0, reduction } = options;
  checkSameShape('marginRanking', a, b);
  checkSameShape('marginRanking', a, y);
  return scope(() => reduce(hinge(tf.sub(margin, tf.mul(y, tf.sub(a, b)))), reduction));
}

/** x where y = 1, max(0, margin - x) where y = -1 (margin 1 by default): torch's `hinge_embedding_loss`. */
export function hingeEmbedding(x: tf.Tensor, y: tf.Tensor, options: MarginOptions = {}): tf.Tensor {
  const { margin = 1, reduction } = options;
  checkSameShape('hingeEmbedding', x, y);
  return scope(() => reduce(byLabel(y, x, hinge(tf.sub(margin, x))), reduction));
}

export interface TripletOptions extends MarginOptions {
  /** The norm of the distance: 2 (default), 1, any positive number or Infinity. */
  readonly p?: number;
  /** Added to each coordinate of a difference. Default 1e-6. */
  readonly eps?: number;
  /** Use the distance from positive to negative where that is smaller (Balntas et al. 2016). Default false. */
  readonly swap?: boolean;
}

/**
 * max(0, margin + |anchor - positive| - |anchor - negative|) along the last axis, margin 1 by default; torch's `triplet_margin_loss`.
 * @param anchor,positive,negative float32 [..., D].
 */
export function tripletMargin(
  anchor: tf.Tensor,
  positive: tf.Tensor,
  negative: tf.Tensor,
  options: TripletOptions = {},
): tf.Tensor {
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction } = options;
  checkSameShape('tripletMargin', anchor, positive);
  checkSameShape('tripletMargin', anchor, negative);
  check(p > 0, `tripletMargin: p must be positive, got ${p}`);
  return scope(() => {
    const distance = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => norm(tf.add(tf.sub(a, b), eps), p);
    const far = distance(anchor, negative);
    const farther = swap ? tf.minimum(far, distance(positive, negative)) : far;
    return reduce(hinge(tf.add(tf.sub(distance(anchor, positive), farther), margin)), reduction);
  });
}

export interface MultiMarginOptions extends MarginOptions {
  /** Exponent, 1 (default) or 2. */
  readonly p?: 1 | 2;
  /** One weight a class, shape [C]. */
  readonly weight?: tf.Tensor;
}

/**
 * Mean over the classes of max(0, margin - x_y + x_c)^p for c ≠ y, margin 1 by default; torch's `multi_margin_loss`.
 * @param x float32 [..., C]. @param y int32 labels [...].
 */
export function multiMargin(x: tf.Tensor, y: tf.Tensor, options: MultiMarginOptions = {}): tf.Tensor {
  const { margin = 1, p = 1, weight, reduction } = options;
  check(p === 1 || p === 2, `multiMargin: p must be 1 or 2, got ${String(p)}`);
  checkPairs('multiMargin', x, y);
  const classes = x.shape.at(-1)!;
  check(
    weight === undefined || (weight.rank === 1 && weight.size === classes),
    `multiMargin: weight needs one value for each of ${classes} classes`,
  );
  checkLabels('multiMargin', y, classes);
  return scope(() => {
    const mask = oneHot(y, classes);
    const own = tf.sum(tf.mul(x, mask), -1, true);
    // relu, not hinge: this one of torch's has no gradient exactly at the margin
    const excess = tf.mul(tf.relu(tf.add(tf.sub(x, own), margin)), tf.sub(1, mask));
    const powers = p === 1 ? excess : tf.square(excess);
    const loss = tf.div(tf.sum(powers, -1), classes);
    return reduce(weight === undefined ? loss : tf.mul(loss, tf.sum(tf.mul(mask, weight), -1)), reduction);
  });
}

/** max(0, x) with derivative 1 at 0, as torch's clamp_min. */
function hinge(x: tf.Tensor): tf.Tensor {
  return tf.clipByValue(x, 0, Infinity);
}

/** `same` where y = 1, `other` where y = -1. */
function byLabel(y: tf.Tensor, same: tf.Tensor, other: tf.Tensor): tf.Tensor {
  const zero = tf.zerosLike(same);
  return tf.add(tf.where(tf.equal(y, -1), zero, same), tf.where(tf.equal(y, 1), zero, other));
}

function norm(x: tf.Tensor, p: number): tf.Tensor {
  if (p === 2) return tf.sqrt(tf.sum(tf.square(x), -1));
  if (p === 1) return tf.sum(tf.abs(x), -1);
  if (p === Infinity) return tf.max(tf.abs(x), -1);
  return tf.pow(tf.sum(tf.pow(tf.abs(x), tf.scalar(p)), -1), tf.scalar(1 / p));
}

function checkPairs(name: string, x: tf.Tensor, y: tf.Tensor): void {
  check(
    x.rank >= 1 && tf.util.arraysEqual(y.shape, x.shape.slice(0, -1)),
    () =>
      `${name}: predictions of shape [${x.shape.join(', ')}] need a target for each row, got [${y.shape.join(', ')}]`,
  );
}
