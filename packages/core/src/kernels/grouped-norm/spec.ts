import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { fixedNorm, fixedNormGrad, groupedNorm, groupedNormGrad } from './reference.js';

export interface GroupedNormAttrs {
  /** Entries with statistics of their own; divides the number of positions in all. */
  readonly batch: number;
  /** Groups of neighbouring channels that share statistics; divides the number of channels. */
  readonly groups: number;
  /** Added to the variance. */
  readonly eps: number;
  /** Whether negative results become 0. */
  readonly relu: boolean;
}

export interface GroupedNormInputs {
  /** float32 [..., channels], seen as [batch, positions, channels]. */
  readonly x: tf.Tensor;
  /** float32 [channels]. */
  readonly weight?: tf.Tensor | null;
  /** float32 [channels]. */
  readonly bias?: tf.Tensor | null;
}

/**
 * (x - mean) / sqrt(variance + eps) · weight + bias, with mean and biased variance over the positions and channels of each
 * group: batch norm (Ioffe and Szegedy 2015, arXiv:1502.03167) is a batch of 1 with a group per channel, instance norm (Ulyanov
 * et al. 2016, arXiv:1607.08022) a group per channel, group norm (Wu and He 2018, arXiv:1803.08494) the general case. Gives y of
 * the shape of x, and mean and variance [batch, groups], NaN where there are no positions.
 */
export const GroupedNorm = ownKernel<GroupedNormInputs, GroupedNormAttrs>('GroupedNorm', groupedNorm);

export interface GroupedNormGradInputs extends GroupedNormInputs {
  readonly dy: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/**
 * Gradients of {@link GroupedNorm} from the gradient `dy` of y: dx, then dweight and dbias [channels], also where there is
 * none. Mean and variance are what it gave.
 */
export const GroupedNormGrad = ownKernel<GroupedNormGradInputs, GroupedNormAttrs>('GroupedNormGrad', groupedNormGrad);

export interface FixedNormInputs extends GroupedNormInputs {
  /** float32 [channels]. */
  readonly mean: tf.Tensor;
  /** float32 [channels]. */
  readonly variance: tf.Tensor;
}

export type FixedNormAttrs = Omit<GroupedNormAttrs, 'batch' | 'groups'>;

/** {@link GroupedNorm} with given statistics, the same for all positions. Gives y. */
export const FixedNorm = ownKernel<FixedNormInputs, FixedNormAttrs>('FixedNorm', fixedNorm);

export interface FixedNormGradInputs extends FixedNormInputs {
  readonly dy: tf.Tensor;
}

/** Gradients of {@link FixedNorm}, whose statistics are constants: dx, dweight, dbias as {@link GroupedNormGrad}. */
export const FixedNormGrad = ownKernel<FixedNormGradInputs, FixedNormAttrs>('FixedNormGrad', fixedNormGrad);
