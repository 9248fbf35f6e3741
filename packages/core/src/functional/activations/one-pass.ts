import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../../kernels/activation/gradient.js';
import { Activation, type ActivationKind } from '../../kernels/activation/spec.js';
import { scope } from '../../memory.js';

/** Whether the active backend computes activation functions of this tensor, and their gradients, in one pass. */
export function inOnePass(x: tf.Tensor): boolean {
  return Activation.isBrought && x.dtype === 'float32';
}

/** An activation function of numbers of any type. */
export function activation(x: tf.Tensor, kind: ActivationKind, parameters: readonly number[] = []): tf.Tensor {
  return x.dtype === 'float32'
    ? activate({ x }, { kind, parameters })
    : scope(() => activate({ x: tf.cast(x, 'float32') }, { kind, parameters }));
}
