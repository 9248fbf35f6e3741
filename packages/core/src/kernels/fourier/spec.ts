import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { dft, realDft, realInverseDft } from './reference.js';

export interface FourierInputs {
  readonly x: tf.Tensor;
}

export interface DftAttrs {
  /** Of the exponent: -1 forward, 1 inverse. */
  readonly sign: -1 | 1;
  /** Multiplies the result. */
  readonly factor: number;
}

/** Rows x float32 [rows, n, 2] of (re, im) to factor · Σ_j x_j exp(sign 2πi jk / n), of the same shape. Any n. */
export const Dft = ownKernel<FourierInputs, DftAttrs>('Dft', dft);

export interface RealDftAttrs {
  /** Terms that stand for two, themselves and their conjugates, count twice: the transpose of {@link RealInverseDft}. */
  readonly doubled: boolean;
  readonly factor: number;
}

/** Real rows x float32 [rows, n] to the first n / 2 + 1 terms of their forward transforms, [rows, floor(n / 2) + 1, 2]. */
export const RealDft = ownKernel<FourierInputs, RealDftAttrs>('RealDft', realDft);

export interface RealInverseDftAttrs extends RealDftAttrs {
  /** Values of a row. */
  readonly n: number;
}

/**
 * With `doubled` the inverse of {@link RealDft} times n · factor: x float32 [rows, floor(n / 2) + 1, 2] to [rows, n]. Without it
 * terms that stand for two count once: the transpose of RealDft. The imaginary parts of the first and (for even n) the last
 * term do not count.
 */
export const RealInverseDft = ownKernel<FourierInputs, RealInverseDftAttrs>('RealInverseDft', realInverseDft);
