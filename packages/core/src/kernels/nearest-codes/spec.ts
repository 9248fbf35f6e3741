import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { nearestCodes } from './reference.js';

export interface NearestCodesInputs {
  /** float32 [rows, width]. */
  readonly x: tf.Tensor;
  /** float32 [codes, width], at least one code. */
  readonly codebook: tf.Tensor;
}

/**
 * For each row of x the number of the code that is nearest, the first of equal ones: int32 [rows]. Codes are compared by x · c - |c|² / 2,
 * as in VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937).
 */
export const NearestCodes = ownKernel<NearestCodesInputs>('NearestCodes', nearestCodes);
