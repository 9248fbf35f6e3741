import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { averagePool, averagePoolGradient, maxPool, maxPoolGradient, maxPoolPlaces } from './reference.js';

/**
 * Windows along one axis: window o covers the elements o · stride - before + t · dilation of the input for t < size, as far
 * as there are such; every window has some. With stride 0 the windows cover the axis evenly instead, as in adaptive pooling:
 * window o from ⌊o · input / output⌋ up to ⌈(o + 1) · input / output⌉.
 */
export interface PoolWindows {
  readonly input: number;
  readonly output: number;
  readonly size: number;
  readonly stride: number;
  readonly before: number;
  readonly dilation: number;
}

export interface PoolAttrs {
  /** One for each spatial axis, one to three. */
  readonly windows: readonly PoolWindows[];
}

export interface AveragePoolAttrs extends PoolAttrs {
  /**
   * What divides the sum of a window: how many elements it has, the same counting the padding on both sides, or nothing.
   * Padding after the input counts as far as there is padding before it.
   */
  readonly divisor: 'elements' | 'elementsAndPadding' | 'nothing';
  /** Multiplies the result. */
  readonly factor: number;
}

export interface PoolInputs {
  readonly x: tf.Tensor;
}

export interface PoolGradientInputs {
  readonly dy: tf.Tensor;
}

/**
 * Largest element of each window of x float32 [batch, …spatial, channels]: float32 [batch, …windows, channels].
 * NaN is larger than every number.
 */
export const MaxPool = ownKernel<PoolInputs, PoolAttrs>('MaxPool', maxPool);

/** Adds dy [batch, …windows, channels] to the first largest element (row-major) of each window of x, both float32. */
export const MaxPoolGradient = ownKernel<PoolInputs & PoolGradientInputs, PoolAttrs>(
  'MaxPoolGradient',
  maxPoolGradient,
);

/** Where the first largest element of each window of x lies, row-major over the spatial axes: int32 [batch, …windows, channels]. */
export const MaxPoolPlaces = ownKernel<PoolInputs, PoolAttrs>('MaxPoolPlaces', maxPoolPlaces);

/** Mean over each window of x float32 [batch, …spatial, channels]: float32 [batch, …windows, channels]. Dilation must be 1. */
export const AveragePool = ownKernel<PoolInputs, AveragePoolAttrs>('AveragePool', averagePool);

/** The transpose of {@link AveragePool}: from dy float32 [batch, …windows, channels] to [batch, …spatial, channels]. */
export const AveragePoolGradient = ownKernel<PoolGradientInputs, AveragePoolAttrs>(
  'AveragePoolGradient',
  averagePoolGradient,
);
