import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { maskedScale } from './reference.js';

export interface MaskedScaleAttrs {
  readonly scale: number;
}

export interface MaskedScaleInputs {
  /** float32. */
  readonly x: tf.Tensor;
  /** bool of the shape of x. */
  readonly mask: tf.Tensor;
}

/** x · scale where the mask is true, x · 0 elsewhere. */
export const MaskedScale = ownKernel<MaskedScaleInputs, MaskedScaleAttrs>('MaskedScale', maskedScale);
