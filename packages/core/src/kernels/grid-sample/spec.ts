import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { gridSample, gridSampleGridGradient, gridSampleInputGradient } from './reference.js';

export type GridPadding = 'zeros' | 'border' | 'reflection';

export interface GridSampleAttrs {
  /** 'bilinear' over three axes is trilinear; 'bicubic', with a = -0.75, is for two. */
  readonly mode: 'bilinear' | 'nearest' | 'bicubic';
  /** What lies outside the input: nothing, its border, or itself mirrored. */
  readonly padding: GridPadding;
  /** Whether -1 and 1 are the centres of the first and last element, or their outer edges. */
  readonly alignCorners: boolean;
}

export interface GridSampleInputs {
  /** float32 [batch, height, width, channels] or [batch, depth, height, width, channels]. */
  readonly x: tf.Tensor;
  /** float32 [batch, …points, 2] of (x, y) or [batch, …points, 3] of (x, y, z). */
  readonly grid: tf.Tensor;
}

/**
 * Samples x at the points of a grid (Jaderberg et al. 2015, arXiv:1506.02025), as torch does. Gives float32
 * [batch, …points, channels].
 */
export const GridSample = ownKernel<GridSampleInputs, GridSampleAttrs>('GridSample', gridSample);

export interface GridSampleInputGradientInputs {
  readonly grid: tf.Tensor;
  /** float32 [batch, …points, channels]. */
  readonly dy: tf.Tensor;
}

export interface GridSampleInputGradientAttrs extends GridSampleAttrs {
  /** That of x. */
  readonly shape: readonly number[];
}

/** The gradient of {@link GridSample} by x. */
export const GridSampleInputGradient = ownKernel<GridSampleInputGradientInputs, GridSampleInputGradientAttrs>(
  'GridSampleInputGradient',
  gridSampleInputGradient,
);

export interface GridSampleGridGradientInputs extends GridSampleInputs {
  /** float32 [batch, …points, channels]. */
  readonly dy: tf.Tensor;
}

/**
 * The gradient of {@link GridSample} by the grid: 0 for 'nearest', and where 'border' or 'reflection' moved a point to the border
 * or found it there.
 */
export const GridSampleGridGradient = ownKernel<GridSampleGridGradientInputs, GridSampleAttrs>(
  'GridSampleGridGradient',
  gridSampleGridGradient,
);
