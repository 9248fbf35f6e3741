import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { accumulateUpdate } from './reference.js';

export interface AccumulateUpdateInputs {
  /** float32, of one shape. */
  readonly sum: tf.Tensor;
  readonly addend: tf.Tensor;
}

/**
 * Gives sum + addend. It may write that into the memory of `sum` when no other tensor shares it: the old sum must not be used
 * again.
 */
export const AccumulateUpdate = ownKernel<AccumulateUpdateInputs>('AccumulateUpdate', accumulateUpdate);
