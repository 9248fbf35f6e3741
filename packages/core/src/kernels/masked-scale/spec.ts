import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';

export interface MaskedScaleAttrs {
  readonly scale: number;
}

/** x · scale where the mask is true, x · 0 elsewhere, for x float32 and a mask of dtype bool and of the same shape. */
export const MaskedScale = ownKernel<{ readonly x: tf.Tensor; readonly mask: tf.Tensor }, MaskedScaleAttrs>(
  'MaskedScale',
);
