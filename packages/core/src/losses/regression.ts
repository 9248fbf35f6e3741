import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { customOp } from '../gradients/custom-op.js';
import { scope } from '../memory.js';
import { checkReduction, checkSameShape, reduce, total, type ReductionOptions } from './reduction.js';

export interface RegressionOptions extends ReductionOptions {
  /** One weight for each element, of the prediction's shape; 'mean' then divides by their sum. */
  readonly weight?: tf.Tensor;
}

/** (x - y)², as torch's `mse_loss`. x and y: float32 of one shape; differentiable in both. */
export function mse(x: tf.Tensor, y: tf.Tensor, options: RegressionOptions = {}): tf.Tensor {
  return elementwise('mse', x, y, options, tf.squaredDifference);
}

/** |x - y|, as torch's `l1_loss`. x and y: float32 of one shape; differentiable in both. */
export function l1(x: tf.Tensor, y: tf.Tensor, options: RegressionOptions = {}): tf.Tensor {
  return elementwise('l1', x, y, options, (a, b) => tf.abs(tf.sub(a, b)));
}

/** Quadratic up to |x - y| = delta (default 1), then linear with slope delta, as torch's `huber_loss`. */
export function huber(
  x: tf.Tensor,
  y: tf.Tensor,
  options: RegressionOptions & { readonly delta?: number } = {},
): tf.Tensor {
  const { delta = 1 } = options;
  check(delta > 0, `huber: delta must be positive, got ${delta}`);
  return elementwise('huber', x, y, options, (a, b) => huberOf(tf.sub(a, b), delta));
}

/** Huber's loss divided by beta (default 1), so that the linear part has slope 1; beta 0 is L1. torch's `smooth_l1_loss`. */
export function smoothL1(
  x: tf.Tensor,
  y: tf.Tensor,
  options: RegressionOptions & { readonly beta?: number } = {},
): tf.Tensor {
  const { beta = 1 } = options;
  check(beta >= 0, `smoothL1: beta must not be negative, got ${beta}`);
  if (beta === 0) return l1(x, y, options);
  return elementwise('smoothL1', x, y, options, (a, b) => tf.div(huberOf(tf.sub(a, b), beta), beta));
}

/**
 * Poisson negative log likelihood of the counts y, as torch's `poisson_nll_loss`: exp(x) - y x, or x - y log(x + eps) with
 * `logInput: false`. `full` adds Stirling's approximation of log y! where y > 1.
 */
export function poissonNll(
  x: tf.Tensor,
  y: tf.Tensor,
  options: ReductionOptions & { readonly logInput?: boolean; readonly full?: boolean; readonly eps?: number } = {},
): tf.Tensor {
  const { logInput = true, full = false, eps = 1e-8, reduction } = options;
  checkSameShape('poissonNll', x, y);
  return scope(() => {
    let loss = logInput ? tf.sub(tf.exp(x), tf.mul(y, x)) : tf.sub(x, tf.mul(y, tf.log(tf.add(x, eps))));
    if (full) {
      const large = tf.greater(y, 1);
      const n = tf.where(large, y, tf.onesLike(y));
      const stirling = tf.add(tf.sub(tf.mul(n, tf.log(n)), n), tf.mul(0.5, tf.log(tf.mul(2 * Math.PI, n))));
      loss = tf.add(loss, tf.where(large, stirling, tf.zerosLike(y)));
    }
    return reduce(loss, reduction);
  });
}

/**
 * Negative log likelihood of y under normal distributions, as torch's `gaussian_nll_loss`.
 * @param variance the variances: x's shape, the same without its last axis, or with one axis of length 1. Values below `eps` count as
 *   `eps`, without losing their gradient.
 * @param options `full` adds log(2π) / 2.
 */
export function gaussianNll(
  x: tf.Tensor,
  y: tf.Tensor,
  variance: tf.Tensor,
  options: ReductionOptions & { readonly full?: boolean; readonly eps?: number } = {},
): tf.Tensor {
  const { full = false, eps = 1e-6, reduction } = options;
  checkSameShape('gaussianNll', x, y);
  const short = tf.util.arraysEqual(variance.shape, x.shape.slice(0, -1)) && x.rank > 0;
  const broadcast =
    variance.rank === x.rank && variance.shape.every((size, axis) => size === x.shape[axis] || size === 1);
  check(
    short || broadcast,
    () =>
      `gaussianNll: variance of shape [${variance.shape.join(', ')}] for a prediction of shape [${x.shape.join(', ')}]`,
  );
  return scope(() => {
    const clamped = customOp(
      [short ? tf.expandDims(variance, -1) : variance],
      (v) => ({ value: tf.clipByValue(v!, eps, Infinity) }),
      (dy) => tf.clone(dy),
    );
    const loss = tf.mul(0.5, tf.add(tf.log(clamped), tf.div(tf.squaredDifference(x, y), clamped)));
    return reduce(full ? tf.add(loss, 0.5 * Math.log(2 * Math.PI)) : loss, reduction);
  });
}

function elementwise(
  name: string,
  x: tf.Tensor,
  y: tf.Tensor,
  { reduction = 'mean', weight }: RegressionOptions,
  distance: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  checkReduction(reduction);
  checkSameShape(name, x, y);
  if (weight === undefined) return scope(() => reduce(distance(x, y), reduction));
  checkSameShape(`${name}'s weight`, x, weight);
  return scope(() => {
    const loss = tf.mul(distance(x, y), weight);
    return reduction === 'mean' ? tf.div(total(loss), total(weight)) : reduce(loss, reduction);
  });
}

/** With m = d clipped to ±delta this is m (d - m / 2): ½ d² inside, delta (|d| - ½ delta) outside, without a branch. */
function huberOf(difference: tf.Tensor, delta: number): tf.Tensor {
  const clipped = tf.clipByValue(difference, -delta, delta);
  return tf.mul(clipped, tf.sub(difference, tf.mul(clipped, 0.5)));
}
