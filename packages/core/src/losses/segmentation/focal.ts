import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { classShares, classSums, pair, type SegmentationMode } from './inputs.js';

export interface FocalLossOptions {
  readonly mode: SegmentationMode;
  /** Weight of positive pixels, 1 - alpha that of negative ones; no weights by default. */
  readonly alpha?: number;
  /** How much easy pixels are damped, default 2. */
  readonly gamma?: number;
  /** Pixels with this label count for nothing. */
  readonly ignoreIndex?: number;
  /** False when the prediction holds probabilities. Default true. */
  readonly fromLogits?: boolean;
  /** How far probabilities are kept from 0 and 1, default 1e-7. */
  readonly eps?: number;
  /** Over the pixels of a class that count; the classes are averaged. Default 'mean'. */
  readonly reduction?: 'mean' | 'sum';
  /** Divides by the sum of the damping factors. Default false. */
  readonly normalized?: boolean;
  /** Below this probability of the truth nothing is damped (reduced focal loss); above it, by distance from it. */
  readonly reducedThreshold?: number;
  /** Weights of the classes' losses, equal by default. Not in binary mode. */
  readonly classWeights?: readonly number[];
}

const smallestNorm = 1e-6;

/**
 * Focal loss (Lin et al. 2017) of each class against the rest, averaged over the classes. segmentation_models_pytorch's
 * FocalLoss.
 *
 * @param logits float32 [N, ..., C]; [N, ...] or [N, ..., 1] in binary mode.
 * @param target int32 labels [N, ...] (multiclass); otherwise of the logits' shape, and differentiable when float32.
 * @returns a scalar.
 * @throws InvalidArgumentError for shapes or labels that do not fit.
 */
export function focal(logits: tf.Tensor, target: tf.Tensor, options: FocalLossOptions): tf.Tensor {
  const { mode, alpha, gamma = 2, ignoreIndex, fromLogits = true, eps = 1e-7 } = options;
  const { reduction = 'mean', normalized = false, reducedThreshold } = options;
  check(reduction === 'mean' || reduction === 'sum', `focal: unknown reduction '${String(reduction)}'`);
  check(
    mode !== 'binary' || options.classWeights === undefined,
    'focal: there is nothing to weigh in binary mode; leave out classWeights',
  );
  return scope(() => {
    const { logits: given, target: truth, counted } = pair('focal', mode, logits, target, ignoreIndex);
    const x = fromLogits ? given : toLogits(given, mode, eps);
    const crossEntropy = tf.sub(tf.softplus(x), tf.mul(x, truth));
    const probability = tf.exp(tf.neg(crossEntropy));
    let damping = power(
      reducedThreshold === undefined ? tf.sub(1, probability) : tf.div(tf.sub(1, probability), reducedThreshold),
      gamma,
    );
    if (reducedThreshold !== undefined) {
      damping = tf.where(tf.less(probability, reducedThreshold), tf.onesLike(damping), damping);
    }
    let loss = tf.mul(damping, crossEntropy);
    if (alpha !== undefined) loss = tf.mul(loss, tf.add(tf.mul(truth, 2 * alpha - 1), 1 - alpha));
    const sums = (y: tf.Tensor): tf.Tensor => classSums(counted === null ? y : tf.mul(y, counted));
    let ofClass = sums(loss);
    if (normalized) ofClass = tf.div(ofClass, tf.maximum(sums(damping), smallestNorm));
    if (reduction === 'mean') {
      const classes = x.shape.at(-1)!;
      ofClass = tf.div(ofClass, counted === null ? x.size / classes : classSums(counted));
    }
    return tf.sum(tf.mul(ofClass, classShares('focal', ofClass.size, options)));
  });
}

function toLogits(probabilities: tf.Tensor, mode: SegmentationMode, eps: number): tf.Tensor {
  const p = tf.clipByValue(probabilities, eps, 1 - eps);
  return mode === 'multiclass' ? tf.log(p) : tf.log(tf.div(p, tf.sub(1, p)));
}

/** x^gamma for x of 0 or more; the common powers without tf.pow, which is slow on wasm. */
function power(x: tf.Tensor, gamma: number): tf.Tensor {
  if (gamma === 0) return tf.onesLike(x);
  if (gamma === 1) return x;
  return gamma === 2 ? tf.square(x) : tf.pow(x, gamma);
}
