import type * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../gradients/custom-op.js';

/**
 * A linear map as an operation with a gradient, which is `transposed` applied to dy, whatever x was; `shape` is that of x. Where
 * two operations are each other's transpose both can be differentiated any number of times.
 */
export function linearOperation<Attributes extends object>(
  map: (x: tf.Tensor, attrs: Attributes) => tf.Tensor[],
  transposed: (dy: tf.Tensor, attrs: Attributes, shape: readonly number[]) => tf.Tensor,
): (x: tf.Tensor, attrs: Attributes) => tf.Tensor {
  return (x, attrs) => {
    const { shape } = x;
    return customOp(
      [x],
      (input) => ({ value: map(input!, attrs)[0]! }),
      (dy) => transposed(dy, attrs, shape),
    );
  };
}
