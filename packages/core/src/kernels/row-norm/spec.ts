import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { rowNorm, rowNormGrad } from './reference.js';

export interface RowNormAttrs {
  /** Sizes of the trailing axes that are normalised over. */
  readonly shape: readonly number[];
  /** Added to the mean of squares. */
  readonly eps: number;
  /** Whether the mean is taken off first (layer norm, else root-mean-square norm). */
  readonly centre: boolean;
}

export interface RowNormInputs {
  /** float32 [..., ...shape]. */
  readonly x: tf.Tensor;
  /** float32 of that shape, and so is the bias. */
  readonly weight?: tf.Tensor | null;
  readonly bias?: tf.Tensor | null;
}

export type RowNormGradAttrs = Omit<RowNormAttrs, 'eps'>;

export interface RowNormGradInputs extends Omit<RowNormInputs, 'bias'> {
  readonly dy: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly inverse: tf.Tensor;
}

/**
 * (x - mean) · inverse · weight + bias with inverse = 1 / sqrt(mean of (x - mean)² + eps), both over the trailing axes: layer norm
 * (Ba et al. 2016, arXiv:1607.06450) and RMS norm (Zhang and Sennrich 2019, arXiv:1910.07467). Gives y of the shape of x, and
 * the means (0 without `centre`) and inverses, one for each row.
 */
export const RowNorm = ownKernel<RowNormInputs, RowNormAttrs>('RowNorm', rowNorm);

/**
 * Gradients of {@link RowNorm} from the gradient `dy` of y: dx, and dweight and dbias, also where there is none.
 * Mean and inverse are what it gave.
 */
export const RowNormGrad = ownKernel<RowNormGradInputs, RowNormGradAttrs>('RowNormGrad', rowNormGrad);
