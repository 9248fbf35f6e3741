import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { extremeGrad } from './reference.js';

export interface ExtremeGradInputs {
  /** float32. */
  readonly x: tf.Tensor;
  /** float32, the extremes: as many elements as x has without the axes; so has dy. */
  readonly y: tf.Tensor;
  readonly dy: tf.Tensor;
}

export interface ExtremeGradAttrs {
  /** The first of the axes, and the one after the last. */
  readonly axes: readonly [first: number, end: number];
}

/**
 * Gradient of Max and Min over neighbouring axes: each element that attains the extreme gets an equal share of `dy`, the others
 * get 0, as for torch.amax. Of the shape of x. Where an extreme is NaN, what comes out is not defined.
 */
export const ExtremeGrad = ownKernel<ExtremeGradInputs, ExtremeGradAttrs>('ExtremeGrad', extremeGrad);
