import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { rmspropUpdate } from './reference.js';

export interface RMSpropUpdateInputs {
  /** float32; the others have its shape and dtype. */
  readonly value: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** Zero where it is left out, and so are the next two. */
  readonly square?: tf.Tensor | null | undefined;
  readonly mean?: tf.Tensor | null | undefined;
  readonly velocity?: tf.Tensor | null | undefined;
}

export interface RMSpropUpdateAttrs {
  readonly rate: number;
  /** Decay of the running means. */
  readonly alpha: number;
  readonly eps: number;
  /** Multiplies the value in the gradient. */
  readonly penalty: number;
  readonly momentum: number;
  /** Whether the mean is kept too, and its square taken off the mean of squares. */
  readonly centered: boolean;
}

/**
 * With g = gradient + penalty · value: square ← alpha · square + (1 - alpha) g², mean ← alpha · mean + (1 - alpha) g,
 * velocity ← momentum · velocity + g / (sqrt(square - mean²) + eps) and value ← value - rate · velocity.
 *
 * Gives the new value and square, then with `centered` the mean (0 without), then with a momentum the velocity.
 * It may write them into the memory of the old ones when no other tensor
 * shares that: the old ones must not be used again.
 */
export const RMSpropUpdate = ownKernel<RMSpropUpdateInputs, RMSpropUpdateAttrs>('RMSpropUpdate', rmspropUpdate);
