import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { averageUpdate } from './reference.js';

export interface AverageUpdateInputs {
  /** float32. */
  readonly average: tf.Tensor;
  /** float32 with as many values. */
  readonly target: tf.Tensor;
}

export interface AverageUpdateAttrs {
  /** The target's share of the new average. */
  readonly weight: number;
  /** Multiplies the target. */
  readonly scale: number;
}

/**
 * Gives average + (scale · target - average) · weight, of the average's shape. It may write that into the memory of `average` when no other tensor
 * shares it: the old average must not be used again.
 */
export const AverageUpdate = ownKernel<AverageUpdateInputs, AverageUpdateAttrs>('AverageUpdate', averageUpdate);
