import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';

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
  readonly weight: tf.Tensor | null;
}

/**
 * (x - mean) · inverse · weight + bias with inverse = 1 / sqrt(mean of (x - mean)² + eps), both over the trailing axes. Gives
 * y of the shape of x, and the means (0 without `centre`) and inverses, one for each row.
 */
export const RowNorm = ownKernel<RowNormInputs & { readonly bias: tf.Tensor | null }, RowNormAttrs>('RowNorm');

/**
 * Gradients of {@link RowNorm} from the gradient `dy` of y: dx, and dweight and dbias, also where there is none.
 * Mean and inverse are what it gave.
 */
export const RowNormGrad = ownKernel<
  RowNormInputs & { readonly dy: tf.Tensor; readonly mean: tf.Tensor; readonly inverse: tf.Tensor },
  Omit<RowNormAttrs, 'eps'>
>('RowNormGrad');
