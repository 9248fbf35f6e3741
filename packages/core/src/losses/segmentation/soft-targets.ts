import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { checkLabels, countedMask, oneHot } from '../labels.js';
import { checkReduction, checkSameShape, reduce, type ReductionOptions } from '../reduction.js';

export interface SoftBceOptions extends ReductionOptions {
  /** Moves targets from 0 and 1 to smoothFactor and 1 - smoothFactor; default 0. */
  readonly smoothFactor?: number;
  /** Elements with this target count as 0, also in the mean; null ignores nothing. Default -100. */
  readonly ignoreIndex?: number | null;
  /** Weight of each element, broadcast to the loss's shape. */
  readonly weight?: tf.Tensor;
  /** Weight of the positive part, broadcast to the logits: [C] for one a class. */
  readonly posWeight?: tf.Tensor;
}

/**
 * Binary cross entropy with label smoothing and ignored elements. segmentation_models_pytorch's SoftBCEWithLogitsLoss.
 *
 * @param logits float32 of any shape.
 * @param target of the same shape; differentiable when float32.
 * @returns a scalar, or the logits' shape with reduction 'none'.
 */
export function softBceWithLogits(logits: tf.Tensor, target: tf.Tensor, options: SoftBceOptions = {}): tf.Tensor {
  const { smoothFactor = 0, ignoreIndex = -100, weight, posWeight, reduction = 'mean' } = options;
  checkReduction(reduction);
  checkSameShape('softBceWithLogits', logits, target);
  return scope(() => {
    const labels = tf.cast(target, 'float32');
    // t (1 - s) + (1 - t) s
    const soft = smoothFactor === 0 ? labels : tf.add(tf.mul(labels, 1 - 2 * smoothFactor), smoothFactor);
    let loss: tf.Tensor;
    if (posWeight === undefined) {
      loss = tf.sub(tf.softplus(logits), tf.mul(logits, soft));
    } else {
      const scale = tf.add(tf.mul(tf.sub(posWeight, 1), soft), 1);
      loss = tf.add(tf.mul(tf.sub(1, soft), logits), tf.mul(scale, tf.softplus(tf.neg(logits))));
    }
    if (weight !== undefined) loss = tf.mul(loss, weight);
    if (ignoreIndex !== null) loss = tf.mul(loss, tf.cast(tf.notEqual(labels, ignoreIndex), 'float32'));
    return reduce(loss, reduction);
  });
}

export interface SoftCrossEntropyOptions extends ReductionOptions {
  /** Share of the target's mass spread evenly over all classes, default 0. */
  readonly smoothFactor?: number;
  /** Pixels with this label count as 0, also in the mean; null ignores nothing. Default -100. */
  readonly ignoreIndex?: number | null;
}

/**
 * Cross entropy with label smoothing; unlike `crossEntropy`, the mean runs over all pixels, ignored ones too.
 * segmentation_models_pytorch's SoftCrossEntropyLoss.
 *
 * @param logits float32 [..., C].
 * @param target int32 labels [...].
 * @returns a scalar, or [...] with reduction 'none'.
 */
export function softCrossEntropy(
  logits: tf.Tensor,
  target: tf.Tensor,
  options: SoftCrossEntropyOptions = {},
): tf.Tensor {
  const { smoothFactor = 0, ignoreIndex = -100, reduction = 'mean' } = options;
  checkReduction(reduction);
  const classes = logits.shape.at(-1) ?? 0;
  check(
    tf.util.arraysEqual(target.shape, logits.shape.slice(0, -1)),
    () =>
      `softCrossEntropy wants logits [..., C] and labels [...]; got prediction of shape [${logits.shape.join(', ')}], ` +
      `target of shape [${target.shape.join(', ')}]`,
  );
  checkLabels('softCrossEntropy', target, classes, ignoreIndex ?? undefined);
  return scope(() => {
    const logProbabilities = tf.logSoftmax(logits);
    const mass = tf.add(tf.mul(oneHot(target, classes), 1 - smoothFactor), smoothFactor / classes);
    const loss = tf.neg(tf.sum(tf.mul(logProbabilities, mass), -1));
    return reduce(ignoreIndex === null ? loss : tf.mul(loss, countedMask(target, ignoreIndex)), reduction);
  });
}
