import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { sparseProduct } from './reference.js';

export interface SparseProductInputs {
  /** float32 [columns, heads, width]. */
  readonly x: tf.Tensor;
  /** int32 [rows + 1], from 0, never falling: row r has the places pointer[r] … pointer[r + 1] - 1. */
  readonly pointer: tf.Tensor;
  /** int32 [places]: each place's column; the place's own number where it is left out. */
  readonly column: tf.Tensor | null;
  /** int32 [places]: which row of weights is each place's; its own number where it is left out. */
  readonly edge: tf.Tensor | null;
  /** float32 [edges, heads]; ones where they are left out. */
  readonly weights: tf.Tensor | null;
}

export interface SparseProductAttrs {
  /** Divides each row by the number of its places. */
  readonly mean: boolean;
}

/**
 * Product of a sparse matrix in compressed rows with a dense one: y[r, h] = Σ weights[edge[p], h] · x[column[p], h] over the
 * places p of row r, float32 [rows, heads, width]; zeros for a row without places. Indices outside of x or weights are an error, but
 * on a GPU, where their places count for nothing.
 */
export const SparseProduct = ownKernel<SparseProductInputs, SparseProductAttrs>('SparseProduct', sparseProduct);
