import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import type { SegmentMaxInputs } from '../segment-max/spec.js';
import { segmentSoftmax, segmentSoftmaxGradient } from './reference.js';

/** exp(x) over its sum in the same segment and column, without overflow: float32 [rows, width]. Inputs as of SegmentMax. */
export const SegmentSoftmax = ownKernel<SegmentMaxInputs>('SegmentSoftmax', segmentSoftmax);

export interface SegmentSoftmaxGradientInputs {
  /** What SegmentSoftmax gave, and the gradient of that. */
  readonly y: tf.Tensor;
  readonly dy: tf.Tensor;
  readonly pointer: tf.Tensor;
  readonly order: tf.Tensor | null;
}

/** The gradient of SegmentSoftmax's x: y (dy - Σ y dy), the sum over the same segment and column. */
export const SegmentSoftmaxGradient = ownKernel<SegmentSoftmaxGradientInputs>(
  'SegmentSoftmaxGradient',
  segmentSoftmaxGradient,
);
