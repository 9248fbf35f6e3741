import type * as tf from '@tensorflow/tfjs-core';
import { Activation, ActivationGrad, type ActivationKind } from '../../kernels/activation/spec.js';
import { customOp } from '../../gradients/custom-op.js';

/** Whether the active backend computes activation functions of this tensor, and their gradients, in one pass. */
export function inOnePass(x: tf.Tensor): boolean {
  return Activation.isBrought && x.dtype === 'float32';
}

/**
 * An activation function: in one pass where the backend can, else as `value` and `gradient` compose it. `gradient` is also
 * what gradients of gradients are taken of.
 */
export function activation(
  x: tf.Tensor,
  kind: ActivationKind,
  parameters: readonly number[],
  value: (x: tf.Tensor) => tf.Tensor,
  gradient: (dy: tf.Tensor, x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const attrs = { kind, parameters };
  const own = inOnePass(x);
  return customOp(
    [x],
    (x) => ({ value: (own && Activation.run({ x: x! }, attrs)?.[0]) || value(x!) }),
    (dy, [x]) => (own && ActivationGrad.run({ dy, x: x! }, attrs)?.[0]) || gradient(dy, x!),
  );
}
