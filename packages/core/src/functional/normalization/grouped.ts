import * as tf from '@tensorflow/tfjs-core';
import { normaliseGroups } from '../../kernels/grouped-norm/gradient.js';
import { GroupedNorm } from '../../kernels/grouped-norm/spec.js';

/** Means and biased variances of each batch entry and channel group: [b, groups]. */
export interface Statistics {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

interface GroupedNormOptions {
  /** Entries with statistics of their own: leading axes of x that have this many positions together. */
  readonly batch: number;
  readonly groups: number;
  readonly eps: number;
  /** Applied to the result. Default none. */
  readonly activation?: 'relu' | undefined;
  /** Called with the statistics during the forward pass, for a group per channel; they are freed afterwards. */
  readonly onStatistics?: (statistics: Statistics) => void;
}

/**
 * Normalises x [..., c], seen as [batch, positions, c], over positions and the channels of each group, then scales and shifts channels:
 * batch norm is a batch of 1 with a group per channel, instance norm a group per channel, group norm the general case.
 */
export function groupedNorm(
  x: tf.Tensor,
  weight: tf.Tensor | null,
  bias: tf.Tensor | null,
  options: GroupedNormOptions,
): tf.Tensor {
  const { batch, groups, eps, activation, onStatistics } = options;
  const relu = activation === 'relu';
  if (relu && !GroupedNorm.isBrought) {
    // composed, the step of a result that is kept anyway costs less than the norm computed again
    return tf.relu(groupedNorm(x, weight, bias, { ...options, activation: undefined }));
  }
  return normaliseGroups({ x, weight, bias }, { batch, groups, eps, relu }, ([, mean, variance]) =>
    onStatistics?.({ mean: mean!, variance: variance! }),
  );
}
