import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { activation, activationGrad } from './reference.js';

/** Activation functions, each with the names of its parameters in order. */
export const activationParameters = {
  /** x sigmoid(scale x). */
  gated: ['scale'],
  /** x times the standard normal distribution function. */
  gelu: [],
  /** x sigmoid(a x + b x³) with a = sqrt(8 / π), b = 0.044715 a. */
  geluTanh: [],
  /** x tanh(softplus(x)). */
  mish: [],
  /** x times (x + 3) / 6 held between 0 and 1. */
  hardswish: [],
  /** log(1 + exp(beta x)) / beta, and x where beta x exceeds the threshold. */
  softplus: ['beta', 'threshold'],
  /** x where positive, else rate x. */
  leaky: ['rate'],
  /** scale x where positive, else scale alpha (exp(rate x) - 1). */
  exponential: ['alpha', 'scale', 'rate'],
  /** max(x, 0)². */
  squaredRelu: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ActivationKind = keyof typeof activationParameters;

export interface ActivationAttrs {
  readonly kind: ActivationKind;
  /** In the order of {@link activationParameters}. */
  readonly parameters: readonly number[];
}

export interface ActivationInputs {
  /** float32 of any shape. */
  readonly x: tf.Tensor;
}

/** The function of each number of x. */
export const Activation = ownKernel<ActivationInputs, ActivationAttrs>('Activation', activation);

export interface ActivationGradInputs extends ActivationInputs {
  /** float32 of the shape of x. */
  readonly dy: tf.Tensor;
}

/** `dy` times the function's slope at x. At a kink it is PyTorch's. */
export const ActivationGrad = ownKernel<ActivationGradInputs, ActivationAttrs>('ActivationGrad', activationGrad);
