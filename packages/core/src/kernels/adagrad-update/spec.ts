import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { adagradUpdate } from './reference.js';

export interface AdagradUpdateInputs {
  /** float32; the others have its shape and dtype. */
  readonly value: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly sum: tf.Tensor;
}

export interface AdagradUpdateAttrs {
  readonly rate: number;
  readonly eps: number;
  /** Multiplies the value in the gradient. */
  readonly penalty: number;
}

/**
 * With g = gradient + penalty · value: sum ← sum + g² and value ← value - rate · g / (sqrt(sum) + eps).
 *
 * Gives the new value and sum. It may write them into the memory of the old ones when no other tensor
 * shares that: the old ones must not be used again.
 */
export const AdagradUpdate = ownKernel<AdagradUpdateInputs, AdagradUpdateAttrs>('AdagradUpdate', adagradUpdate);
