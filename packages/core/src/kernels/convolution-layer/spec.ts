import type * as tf from '@tensorflow/tfjs-core';
import { ownOperation } from '../own.js';
import * as reference from './reference.js';

/** How a filter sweeps over one to three axes; all lists have one entry an axis. */
export interface ConvolutionGeometry {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Zeros before and after each axis. */
  readonly padding: ReadonlyArray<readonly [number, number]>;
  /** Channels are cut into this many groups that do not see each other. */
  readonly groups: number;
}

export interface ConvolutionInputs {
  /** [batch, …sizes, in] */
  readonly x: tf.Tensor;
  /** [...kernel, in / groups, out] */
  readonly filter: tf.Tensor;
  /** [out] */
  readonly bias?: tf.Tensor | null;
}

export interface ConvolutionAttributes extends ConvolutionGeometry {
  /** Outputs along each axis; where it is left out, as many as there are. */
  readonly outputSizes?: readonly number[];
}

export interface ConvolutionInputGradientInputs {
  /** [batch, …outputSizes, out] */
  readonly dy: tf.Tensor;
  /** [...kernel, in / groups, out] */
  readonly filter: tf.Tensor;
  /** [in], added to the result. */
  readonly bias?: tf.Tensor | null;
}

export interface ConvolutionInputGradientAttributes extends ConvolutionGeometry {
  /** Of the input, along each axis. */
  readonly sizes: readonly number[];
}

export interface ConvolutionFilterGradientInputs {
  /** [batch, …sizes, in] */
  readonly x: tf.Tensor;
  /** [batch, …outputSizes, out] */
  readonly dy: tf.Tensor;
}

export interface ConvolutionFilterGradientAttributes extends ConvolutionGeometry {
  readonly kernel: readonly number[];
  /** Whether the sums of dy over everything but channels, [out], are wanted too, as a second output. */
  readonly withBias: boolean;
}

/**
 * A convolution with groups and bias, [batch, …outputSizes, out]; all tensors are float32. With as many groups as input
 * channels, output channel o reads input channel floor(o / (out / in)).
 */
export const convolution = ownOperation<ConvolutionInputs, ConvolutionAttributes>('Convolution', reference.convolution);

/** {@link convolution}'s gradient by x, [batch, …sizes, in], plus a bias: a transposed convolution. */
export const convolutionInputGradient = ownOperation<
  ConvolutionInputGradientInputs,
  ConvolutionInputGradientAttributes
>('ConvolutionInputGradient', reference.convolutionInputGradient);

/** {@link convolution}'s gradient by the filter, [...kernel, in / groups, out], and if wanted by the bias. */
export const convolutionFilterGradient = ownOperation<
  ConvolutionFilterGradientInputs,
  ConvolutionFilterGradientAttributes
>('ConvolutionFilterGradient', reference.convolutionFilterGradient);
