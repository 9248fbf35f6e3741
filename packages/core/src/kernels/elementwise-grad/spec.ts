import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { elementwiseGrad } from './reference.js';

/** Functions differentiated from their input. */
export type FromInput = 'LeakyRelu' | 'ClipByValue' | 'Abs' | 'Erf' | 'Log1p' | 'Softplus' | 'Square';
/** Functions differentiated from their output. */
export type FromOutput = 'Relu' | 'Relu6' | 'Selu' | 'Expm1' | 'Reciprocal' | 'Rsqrt' | 'Sigmoid' | 'Sqrt' | 'Tanh';

export interface ElementwiseGradAttrs {
  /** The function, by its name as a kernel. */
  readonly of: FromInput | FromOutput;
  /** Its options: LeakyRelu's slope; the smallest and largest value of ClipByValue. */
  readonly options?: readonly number[];
}

export interface ElementwiseGradInputs {
  /** float32. */
  readonly dy: tf.Tensor;
  /** The function's input or output, by its name: float32 of the shape of dy. */
  readonly value: tf.Tensor;
}

/** `dy` times the derivative of an elementwise function of one number; at a kink the one that PyTorch takes. */
export const ElementwiseGrad = ownKernel<ElementwiseGradInputs, ElementwiseGradAttrs>(
  'ElementwiseGrad',
  elementwiseGrad,
);
