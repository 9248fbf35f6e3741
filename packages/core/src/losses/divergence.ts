import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';
import { checkReduction, checkSameShape, reduce, total, type Reduction, type ReductionOptions } from './reduction.js';

export interface KlDivOptions {
  /** The target holds log probabilities. Default false. */
  readonly logTarget?: boolean;
  /** 'mean' (default, as in torch) divides by the number of elements; 'batchmean' by the first axis, which is the divergence. */
  readonly reduction?: Reduction | 'batchmean';
}

/**
 * Kullback-Leibler divergence of the target from the prediction, Σ t (log t - x), as torch's `kl_div`: x holds LOG probabilities.
 * Differentiable in both.
 */
export function klDiv(x: tf.Tensor, target: tf.Tensor, options: KlDivOptions = {}): tf.Tensor {
  const { logTarget = false, reduction = 'mean' } = options;
  checkReduction(reduction === 'batchmean' ? 'mean' : reduction);
  checkSameShape('klDiv', x, target);
  return scope(() => {
    const loss = logTarget
      ? tf.mul(tf.exp(target), tf.sub(target, x))
      : tf.sub(tf.mul(target, logOrZero(target)), tf.mul(target, x));
    if (reduction !== 'batchmean') return reduce(loss, reduction);
    return tf.div(total(loss), x.rank === 0 ? 1 : x.shape[0]!);
  });
}

/**
 * Divergence of diagonal Gaussians from the unit Gaussian, -½ (1 + log σ² - μ² - σ²), as in variational autoencoders
 * (Kingma and Welling 2014).
 * @param mean float32 [N, …]
 * @param logVariance the same shape.
 * @param options 'none' gives one value for each element; 'mean' (default) sums over all but the first axis and averages
 *   over the first, which is the term of the evidence bound.
 */
export function gaussianKl(mean: tf.Tensor, logVariance: tf.Tensor, options: ReductionOptions = {}): tf.Tensor {
  const { reduction = 'mean' } = options;
  checkReduction(reduction);
  checkSameShape('gaussianKl', mean, logVariance);
  return scope(() => {
    const spread = tf.sub(tf.sub(tf.exp(logVariance), logVariance), 1);
    const loss = tf.mul(0.5, tf.add(tf.square(mean), spread));
    if (reduction !== 'mean') return reduce(loss, reduction);
    return tf.div(total(loss), mean.rank === 0 ? 1 : mean.shape[0]!);
  });
}

/** log t, and 0 where t is 0, so that t log t has its limit and a finite gradient. */
function logOrZero(t: tf.Tensor): tf.Tensor {
  return tf.log(tf.where(tf.equal(t, 0), tf.onesLike(t), t));
}
