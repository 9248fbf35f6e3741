import * as tf from '@tensorflow/tfjs-core';
import type {
  LabelRangeAttrs,
  LabelWeightsAttrs,
  LabelWeightsInputs,
  SoftmaxCrossEntropyAttrs,
  SoftmaxCrossEntropyGradInputs,
  SoftmaxCrossEntropyInputs,
} from './spec.js';

const lowest = -3.4028234663852886e38;
const [smallestInt, largestInt] = [-(2 ** 31), 2 ** 31 - 1];

/** 1 where the label counts, 0 where it is `ignoreIndex`; float32. */
export function countedMask(target: tf.Tensor, ignoreIndex: number): tf.Tensor {
  return tf.cast(tf.notEqual(target, tf.scalar(ignoreIndex, 'int32')), 'float32');
}

/** float32 one-hot rows [...target.shape, classes]; labels out of range give zero rows. */
export function oneHot(target: tf.Tensor, classes: number): tf.Tensor {
  // which TFJS refuses to do for a single class
  if (classes === 1) return tf.cast(tf.expandDims(tf.equal(target, 0), -1), 'float32');
  // through int32: the wasm kernel writes the bits of an integer 1 into a float32 result
  return tf.cast(tf.oneHot(target as tf.Tensor1D, classes, 1, 0, 'int32'), 'float32');
}

/** Σ_c mask_c x_c for a one-hot mask; a class ruled out by a logit of -infinity does not spoil its neighbours. */
export function pick(x: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(tf.maximum(x, lowest), mask), -1);
}

/**
 * Softmax over the last axis, and log Σ exp from it: the largest probability is exp(max - lse) and at least 1/C, so that
 * its logarithm is exact enough, and no pass of exponentials is needed beside the softmax kernel's own.
 */
export function softmaxOf(logits: tf.Tensor): { probabilities: tf.Tensor; largest: tf.Tensor; logSum: tf.Tensor } {
  const probabilities = tf.softmax(logits);
  return {
    probabilities,
    largest: tf.max(logits, -1),
    logSum: tf.neg(tf.log(tf.max(probabilities, -1))),
  };
}

export function labelWeights({ target, weight }: LabelWeightsInputs, { ignoreIndex }: LabelWeightsAttrs): tf.Tensor[] {
  const counted = countedMask(target, ignoreIndex);
  if (weight == null) return [counted];
  // the ignored label may be none of the weight's places
  const classes = tf.mul(tf.cast(target, 'int32'), tf.cast(counted, 'int32'));
  return [tf.mul(counted, tf.gather(weight, classes as tf.Tensor1D))];
}

/** What each label contributes: the loss is sharp (lse - x_label) + flat Σ_c w_c (lse - x_c). */
export interface LabelShares {
  readonly sharp: tf.Tensor;
  /** With label smoothing. */
  readonly flat: tf.Tensor | null;
}

export function labelShares(
  { target, weight }: LabelWeightsInputs,
  classes: number,
  { ignoreIndex, labelSmoothing }: SoftmaxCrossEntropyAttrs,
): LabelShares {
  const scale = labelWeights({ target, weight }, { classes, ignoreIndex })[0]!;
  if (labelSmoothing === 0) return { sharp: scale, flat: null };
  return {
    sharp: tf.mul(scale, 1 - labelSmoothing),
    flat: tf.mul(countedMask(target, ignoreIndex), labelSmoothing / classes),
  };
}

/** The losses, and beside the kernel's outputs the probabilities. */
export function lossesAndProbabilities(
  { logits, target, weight }: SoftmaxCrossEntropyInputs,
  { sharp, flat }: LabelShares,
): { losses: tf.Tensor; probabilities: tf.Tensor; largest: tf.Tensor; logSum: tf.Tensor } {
  const classes = logits.shape.at(-1)!;
  const { probabilities, largest, logSum } = softmaxOf(logits);
  // logits far from zero keep their digits
  const fromLargest = tf.sub(pick(logits, oneHot(target, classes)), largest);
  let losses: tf.Tensor = tf.mul(sharp, tf.sub(logSum, fromLargest));
  if (flat !== null) {
    const weights = weight ?? tf.ones([classes]);
    const total = tf.mul(tf.add(largest, logSum), tf.sum(weights));
    const spread = tf.sub(total, tf.sum(tf.mul(logits, weights), -1));
    losses = tf.add(losses, tf.mul(flat, spread));
  }
  return { losses, probabilities, largest, logSum };
}

/** The gradient by the logits: dy (sharp (p - onehot) + flat (p Σw - w)). */
export function gradientOfProbabilities(
  dy: tf.Tensor,
  p: tf.Tensor,
  { target, weight }: LabelWeightsInputs,
  { sharp, flat }: LabelShares,
): tf.Tensor {
  const classes = p.shape.at(-1)!;
  const gradient = tf.mul(tf.sub(p, oneHot(target, classes)), tf.expandDims(tf.mul(dy, sharp), -1));
  if (flat === null) return gradient;
  const weights = weight ?? tf.ones([classes]);
  const spread = tf.sub(tf.mul(p, tf.sum(weights)), weights);
  return tf.add(gradient, tf.mul(spread, tf.expandDims(tf.mul(dy, flat), -1)));
}

export function softmaxCrossEntropy(inputs: SoftmaxCrossEntropyInputs, attrs: SoftmaxCrossEntropyAttrs): tf.Tensor[] {
  const shares = labelShares(inputs, inputs.logits.shape.at(-1)!, attrs);
  const { losses, largest, logSum } = lossesAndProbabilities(inputs, shares);
  return [losses, largest, logSum];
}

export function softmaxCrossEntropyGrad(
  { dy, logits, largest, logSum, ...labels }: SoftmaxCrossEntropyGradInputs,
  attrs: SoftmaxCrossEntropyAttrs,
): tf.Tensor[] {
  const column = (x: tf.Tensor): tf.Tensor => tf.expandDims(x, -1);
  const probabilities = tf.exp(tf.sub(tf.sub(logits, column(largest)), column(logSum)));
  return [gradientOfProbabilities(dy, probabilities, labels, labelShares(labels, logits.shape.at(-1)!, attrs))];
}

export function labelRange({ target }: { readonly target: tf.Tensor }, { ignoreIndex }: LabelRangeAttrs): tf.Tensor[] {
  const none = (): tf.Tensor => tf.tensor1d([0, -1], 'int32');
  if (target.size === 0) return [none()];
  const labels = tf.reshape(target, [target.size]);
  const whole = (value: number): tf.Tensor => tf.scalar(value, 'int32');
  const counted = tf.notEqual(labels, whole(ignoreIndex ?? largestInt));
  const among = (other: number): tf.Tensor =>
    ignoreIndex === null ? labels : tf.where(counted, labels, tf.fill(labels.shape, other, 'int32'));
  const [low, high] = [tf.min(among(largestInt)), tf.max(among(smallestInt))];
  return [tf.where(tf.lessEqual(low, high), tf.stack([low, high]), none())];
}
