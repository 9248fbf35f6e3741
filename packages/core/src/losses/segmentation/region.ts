import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { classShares, classSums, pair, type SegmentationMode } from './inputs.js';

export interface RegionLossOptions {
  readonly mode: SegmentationMode;
  /** The classes that count, all by default. Not in binary mode. */
  readonly classes?: readonly number[];
  /** Weights of the classes' losses, equal by default. Not in binary mode. */
  readonly classWeights?: readonly number[];
  /** Takes -log(score) instead of 1 - score. Default false. */
  readonly logLoss?: boolean;
  /** False when the prediction holds probabilities. Default true. */
  readonly fromLogits?: boolean;
  /** Added to numerator and denominator, default 0. */
  readonly smooth?: number;
  /** Smallest denominator, and smallest score under the logarithm; default 1e-7. */
  readonly eps?: number;
  /** Pixels with this label count for nothing. */
  readonly ignoreIndex?: number;
}

export interface TverskyLossOptions extends RegionLossOptions {
  /** Weight of false positives, default 0.5. */
  readonly alpha?: number;
  /** Weight of false negatives, default 0.5. */
  readonly beta?: number;
  /** Power of the result, default 1. */
  readonly gamma?: number;
}

/**
 * Soft Dice loss (Milletari et al. 2016): 1 - 2|X∩Y| / (|X| + |Y|) of each class over the whole batch, averaged over the
 * classes. Classes that the target lacks count as 0. segmentation_models_pytorch's DiceLoss.
 *
 * @param logits float32 [N, ..., C]; [N, ...] or [N, ..., 1] in binary mode.
 * @param target int32 labels [N, ...] (multiclass); otherwise of the logits' shape, and differentiable when float32. Soft
 *   targets are compared by their L1 distance (Wang et al. 2023).
 * @returns a scalar.
 * @throws InvalidArgumentError for shapes or labels that do not fit.
 */
export function dice(logits: tf.Tensor, target: tf.Tensor, options: RegionLossOptions): tf.Tensor {
  return regionLoss('dice', logits, target, { ...options, alpha: 0.5, beta: 0.5, gamma: 1 });
}

/** Soft Jaccard (intersection over union) loss; arguments as for {@link dice}. segmentation_models_pytorch's JaccardLoss. */
export function jaccard(logits: tf.Tensor, target: tf.Tensor, options: RegionLossOptions): tf.Tensor {
  return regionLoss('jaccard', logits, target, { ...options, alpha: 1, beta: 1, gamma: 1 });
}

/**
 * Tversky loss (Salehi et al. 2017): false positives and false negatives weigh `alpha` and `beta`; a `gamma` other than 1 makes
 * it focal. Arguments as for {@link dice}. segmentation_models_pytorch's TverskyLoss.
 */
export function tversky(logits: tf.Tensor, target: tf.Tensor, options: TverskyLossOptions): tf.Tensor {
  return regionLoss('tversky', logits, target, options);
}

function regionLoss(name: string, logits: tf.Tensor, target: tf.Tensor, options: TverskyLossOptions): tf.Tensor {
  const { mode, logLoss = false, fromLogits = true, smooth = 0, eps = 1e-7, ignoreIndex } = options;
  const { alpha = 0.5, beta = 0.5, gamma = 1 } = options;
  check(
    mode !== 'binary' || (options.classes === undefined && options.classWeights === undefined),
    `${name}: there is nothing to choose from or to weigh in binary mode; leave out classes and classWeights`,
  );
  return scope(() => {
    const { logits: x, target: labels, counted } = pair(name, mode, logits, target, ignoreIndex);
    const all = !fromLogits ? x : mode === 'multiclass' ? tf.softmax(x) : tf.sigmoid(x);
    const probabilities = counted === null ? all : tf.mul(all, counted);

    const predicted = classSums(probabilities);
    const present = classSums(labels);
    const distance = classSums(tf.abs(tf.sub(probabilities, labels)));
    const intersection = tf.div(tf.sub(tf.add(predicted, present), distance), 2);
    const falsePositives = tf.mul(tf.sub(predicted, intersection), alpha);
    const falseNegatives = tf.mul(tf.sub(present, intersection), beta);
    const hit = tf.add(intersection, smooth);
    const score = tf.div(hit, tf.maximum(tf.add(hit, tf.add(falsePositives, falseNegatives)), eps));

    const loss = logLoss ? tf.neg(tf.log(tf.maximum(score, eps))) : tf.sub(1, score);
    const defined = tf.cast(tf.greater(present, 0), 'float32');
    const shares = classShares(name, present.size, options);
    const mean = tf.sum(tf.mul(loss, tf.mul(defined, shares)));
    return gamma === 1 ? mean : tf.pow(mean, gamma);
  });
}
