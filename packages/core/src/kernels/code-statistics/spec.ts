import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { codeStatistics } from './reference.js';

export interface CodeStatisticsInputs {
  /** float32 [rows, width]. */
  readonly x: tf.Tensor;
  /** int32 [rows]: the code of each row. Rows with a code outside of [0, size) count nowhere. */
  readonly codes: tf.Tensor;
}

export interface CodeStatisticsAttrs {
  /** How many codes there are. */
  readonly size: number;
}

/**
 * How many rows have each code, and their sums: float32 [size] and [size, width]. The same rows give the same sums, to the last bit.
 */
export const CodeStatistics = ownKernel<CodeStatisticsInputs, CodeStatisticsAttrs>('CodeStatistics', codeStatistics);
