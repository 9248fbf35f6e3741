import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { sgdUpdate } from './reference.js';

export interface SGDUpdateInputs {
  /** float32; the others have its shape and dtype. */
  readonly value: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** Left out in a first step, and without momentum. */
  readonly velocity?: tf.Tensor | null | undefined;
}

export interface SGDUpdateAttrs {
  readonly rate: number;
  /** 0 keeps no velocity. */
  readonly momentum: number;
  readonly dampening: number;
  /** Multiplies the value in the gradient. */
  readonly penalty: number;
  readonly nesterov: boolean;
}

/**
 * With g = gradient + penalty · value: velocity ← momentum · velocity + (1 - dampening) g, or g in a first step, and
 * value ← value - rate · direction, where the direction is the velocity, with `nesterov` g + momentum · velocity, and
 * without momentum g.
 *
 * Gives the new value and, with momentum, the new velocity. It may write them into the memory of the old ones when no other tensor
 * shares that: the old ones must not be used again.
 */
export const SGDUpdate = ownKernel<SGDUpdateInputs, SGDUpdateAttrs>('SGDUpdate', sgdUpdate);
