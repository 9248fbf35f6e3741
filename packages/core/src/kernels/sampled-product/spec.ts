import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { sampledProduct } from './reference.js';

export interface SampledProductInputs {
  /** float32 [rows, heads, width]. */
  readonly a: tf.Tensor;
  /** float32 [columns, heads, width]. */
  readonly b: tf.Tensor;
  /** Compressed rows as in SparseProduct. */
  readonly pointer: tf.Tensor;
  readonly column: tf.Tensor;
  readonly edge: tf.Tensor | null;
}

/**
 * Products of rows at the places of a sparse matrix: w[edge[p], h] = a[r, h] · b[column[p], h] for the places p of each row r,
 * float32 [places, heads]. The gradient of SparseProduct's weights. Every edge must have one place.
 * Indices are checked as by SparseProduct; on a GPU the product with a row that b does not have is 0.
 */
export const SampledProduct = ownKernel<SampledProductInputs>('SampledProduct', sampledProduct);
