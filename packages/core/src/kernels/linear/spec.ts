import type * as tf from '@tensorflow/tfjs-core';
import type { FusedActivation } from '../../module/index.js';
import { ownKernel } from '../own.js';
import { linear, linearGradient } from './reference.js';

export interface LinearInputs {
  /** float32 [..., inputs]. */
  readonly x: tf.Tensor;
  /** float32 [inputs, outputs]. */
  readonly weight: tf.Tensor;
  /** float32 [outputs]. */
  readonly bias?: tf.Tensor | null | undefined;
}

export interface LinearAttrs {
  readonly activation: FusedActivation | null;
}

export interface LinearGradientInputs extends Omit<LinearInputs, 'bias'> {
  readonly dy: tf.Tensor;
}

export interface LinearGradientAttrs {
  /** Whether the gradient by x is wanted. */
  readonly x: boolean;
  readonly bias: boolean;
}

/** x weight + bias, and then the activation if there is one: [..., outputs]. */
export const Linear = ownKernel<LinearInputs, LinearAttrs>('Linear', linear);

/** Gradients of {@link Linear} without activation from that of its output: with `x` by x, by the weight, with `bias` by the bias. */
export const LinearGradient = ownKernel<LinearGradientInputs, LinearGradientAttrs>('LinearGradient', linearGradient);
