import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { adamUpdate } from './reference.js';

export interface AdamUpdateInputs {
  /** float32; the others have its shape and dtype. */
  readonly value: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** Zero where it is left out, and so are the next two. */
  readonly mean?: tf.Tensor | null | undefined;
  readonly square?: tf.Tensor | null | undefined;
  readonly maxSquare?: tf.Tensor | null | undefined;
}

export interface AdamUpdateAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly rate: number;
  /** Multiplies the value in the gradient. */
  readonly penalty: number;
  /** Multiplies the value before it moves. */
  readonly shrinkage: number;
  readonly amsgrad: boolean;
}

/**
 * With g = gradient + penalty · value: mean ← beta1 mean + (1 - beta1) g, square ← beta2 square + (1 - beta2) g²,
 * maxSquare ← max(maxSquare, square) and value ← shrinkage · value - rate · mean / (sqrt(square) + eps), with maxSquare in
 * place of square for `amsgrad`.
 *
 * Gives the new value, mean, square and, with `amsgrad`, maxSquare. It may write them into the memory of the old ones when
 * no other tensor shares that: the old ones must not be used again.
 */
export const AdamUpdate = ownKernel<AdamUpdateInputs, AdamUpdateAttrs>('AdamUpdate', adamUpdate);
