import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';

/**
 * Gradient of Max and Min over neighbouring axes of a float32 tensor: each element that attains the extreme gets an equal
 * share of `dy`. `y` is the extreme; `y` and `dy` have as many elements as `x` has without the axes.
 */
export const ExtremeGrad = ownKernel<
  { readonly x: tf.Tensor; readonly y: tf.Tensor; readonly dy: tf.Tensor },
  {
    /** The first of the axes, and the one after the last. */
    readonly axes: readonly [first: number, end: number];
  }
>('ExtremeGrad');
