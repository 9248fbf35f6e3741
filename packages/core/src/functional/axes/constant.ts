import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';

/**
 * fn(...inputs) as a constant of differentiation: every gradient is zero. For masks and choices that are computed from
 * differentiable tensors, also with kernels that have no gradient. The result must be float32.
 */
export function constantOf(inputs: readonly tf.Tensor[], fn: (...inputs: tf.Tensor[]) => tf.Tensor): tf.Tensor {
  return customOp(
    inputs,
    (...values) => ({ value: fn(...values) }),
    (_, values) => values.map((value) => tf.zeros(value.shape)),
  );
}

/** Zeros as a function of inputs, some of them without elements, that TFJS's kernels cannot be asked for. */
export function zerosFrom(inputs: ReadonlyArray<tf.Tensor | null | undefined>, shape: readonly number[]): tf.Tensor {
  return constantOf(
    inputs.filter((input): input is tf.Tensor => input != null),
    () => tf.zeros([...shape]),
  );
}
