import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { logSoftmaxGrad, softmaxGrad } from './reference.js';

export interface SoftmaxGradInputs {
  /** The gradient of `y`. */
  readonly dy: tf.Tensor;
  /** The output. */
  readonly y: tf.Tensor;
}

/** Gradient of Softmax over the last axis: y (dy - sum(dy y)). Float32, all of one shape. */
export const SoftmaxGrad = ownKernel<SoftmaxGradInputs>('SoftmaxGrad', softmaxGrad);

/** Gradient of LogSoftmax over the last axis: dy - e^y sum(dy). Float32, all of one shape. */
export const LogSoftmaxGrad = ownKernel<SoftmaxGradInputs>('LogSoftmaxGrad', logSoftmaxGrad);
