import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';

interface Inputs {
  /** The gradient of `y`. */
  readonly dy: tf.Tensor;
  /** The output. */
  readonly y: tf.Tensor;
}

/** Gradient of Softmax over the last axis: y (dy - sum(dy y)). Float32, all of one shape. */
export const SoftmaxGrad = ownKernel<Inputs>('SoftmaxGrad');

/** Gradient of LogSoftmax over the last axis: dy - e^y sum(dy). Float32, all of one shape. */
export const LogSoftmaxGrad = ownKernel<Inputs>('LogSoftmaxGrad');
