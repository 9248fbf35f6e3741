import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { labelRange, labelWeights, softmaxCrossEntropy, softmaxCrossEntropyGrad } from './reference.js';

export interface SoftmaxCrossEntropyInputs {
  /** float32 [..., classes]. */
  readonly logits: tf.Tensor;
  /** int32 [...], each a class or the ignored label; native refuses others, and on webgpu they count for nothing. */
  readonly target: tf.Tensor;
  /** float32 [classes]; 1 each where it is left out. */
  readonly weight?: tf.Tensor | null | undefined;
}

export interface SoftmaxCrossEntropyAttrs {
  /** A label that counts for nothing; its loss and gradient are 0. */
  readonly ignoreIndex: number;
  /** The share of each label that is spread evenly over all classes. */
  readonly labelSmoothing: number;
}

/**
 * With a = w_label (1 - smoothing) and b = smoothing / classes: a (lse - x_label) + b Σ_c w_c (lse - x_c) for each label,
 * where lse is the logarithm of Σ exp(x). Gives the losses, the largest logits, and the logarithms of Σ exp(x - largest),
 * all of the target's shape.
 */
export const SoftmaxCrossEntropy = ownKernel<SoftmaxCrossEntropyInputs, SoftmaxCrossEntropyAttrs>(
  'SoftmaxCrossEntropy',
  softmaxCrossEntropy,
);

export interface SoftmaxCrossEntropyGradInputs extends SoftmaxCrossEntropyInputs {
  /** The gradient of the losses. */
  readonly dy: tf.Tensor;
  /** What {@link SoftmaxCrossEntropy} gave. */
  readonly largest: tf.Tensor;
  readonly logSum: tf.Tensor;
}

/** The gradient of the logits from that of the losses. */
export const SoftmaxCrossEntropyGrad = ownKernel<SoftmaxCrossEntropyGradInputs, SoftmaxCrossEntropyAttrs>(
  'SoftmaxCrossEntropyGrad',
  softmaxCrossEntropyGrad,
);

export type LabelWeightsInputs = Omit<SoftmaxCrossEntropyInputs, 'logits'>;

export interface LabelWeightsAttrs {
  readonly classes: number;
  readonly ignoreIndex: number;
}

/** float32 of the target's shape: the weight of each label's class (1 without weights), 0 for the ignored label. */
export const LabelWeights = ownKernel<LabelWeightsInputs, LabelWeightsAttrs>('LabelWeights', labelWeights);

export interface LabelRangeAttrs {
  /** A label that does not count; null where all do. */
  readonly ignoreIndex: number | null;
}

/** int32 [2]: the smallest and the largest label of an int32 target; 0 and -1 where there is none. */
export const LabelRange = ownKernel<{ readonly target: tf.Tensor }, LabelRangeAttrs>('LabelRange', labelRange);
