import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { takeRows } from './reference.js';

export interface TakeRowsInputs {
  /** float32 or int32 [rows, …]. */
  readonly x: tf.Tensor;
  /** int32, of any shape. */
  readonly ids: tf.Tensor;
}

/** Rows of x by number, zeros where x has no such row: [...ids' shape, …]. The gradient of a segment sum. */
export const TakeRows = ownKernel<TakeRowsInputs>('TakeRows', takeRows);
