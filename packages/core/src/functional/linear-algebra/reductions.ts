import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { normalizeAxis } from '../activations/softmax.js';

export interface VarianceOptions {
  /** Default all axes. */
  readonly dims?: number | readonly number[];
  /** Subtracted from the count in the divisor: 1 (default) unbiased, 0 biased. */
  readonly correction?: number;
  readonly keepDim?: boolean;
}

/** Variance over axes. */
export function variance(x: tf.Tensor, options: VarianceOptions = {}): tf.Tensor {
  const { dims, correction = 1, keepDim = false } = options;
  const axes = (dims === undefined ? x.shape.map((_, i) => i) : typeof dims === 'number' ? [dims] : dims).map((dim) =>
    normalizeAxis(dim, x),
  );
  const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  return scope(() => {
    const squares = tf.square(tf.sub(x, tf.mean(x, axes, true)));
    return tf.div(tf.sum(squares, axes, keepDim), Math.max(0, count - correction));
  });
}

/** Standard deviation over axes. */
export function std(x: tf.Tensor, options: VarianceOptions = {}): tf.Tensor {
  return scope(() => tf.sqrt(variance(x, options)));
}
