import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { segmentMax, segmentMaxGradient } from './reference.js';

export interface SegmentMaxInputs {
  /** float32 [rows, width]. */
  readonly x: tf.Tensor;
  /** int32 [segments + 1], from 0, never falling: segment s has the places pointer[s] … pointer[s + 1] - 1. */
  readonly pointer: tf.Tensor;
  /**
   * int32 [rows]: the row at each place, every row once; the place's own number where it is left out. A row that x does not have is an
   * error, but on a GPU, where its place counts for nothing.
   */
  readonly order: tf.Tensor | null;
}

/** The largest of each segment and column, NaN if there is one: float32 [segments, width]; 0 for a segment without rows. */
export const SegmentMax = ownKernel<SegmentMaxInputs>('SegmentMax', segmentMax);

export interface SegmentMaxGradientInputs extends SegmentMaxInputs {
  /** What SegmentMax gave, and the gradient of that. */
  readonly y: tf.Tensor;
  readonly dy: tf.Tensor;
}

/** The gradient of SegmentMax's x: dy, in equal shares to all rows that are the largest. Zero where y is NaN. */
export const SegmentMaxGradient = ownKernel<SegmentMaxGradientInputs>('SegmentMaxGradient', segmentMaxGradient);
