import * as tf from '@tensorflow/tfjs-core';

/** What the forward pass of {@link customOp} returns: the value, and tensors that its backward pass can use again. */
export interface Forward {
  readonly value: tf.Tensor;
  readonly saved?: readonly tf.Tensor[];
}

/** A gradient, or how to compute it: then that is done only where the gradient of this input is wanted. */
export type Gradient = tf.Tensor | (() => tf.Tensor);

/** What tf.customGrad calls too; it alone takes gradients that are computed when they are asked for. */
interface Engine {
  runKernelFunc(call: {
    inputs: tf.NamedTensorMap;
    forwardFunc: (backend: unknown, save: tf.GradSaveFunc) => tf.Tensor;
    backwardsFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => Record<string, () => tf.Tensor>;
  }): tf.Tensor;
}

/**
 * An operation with its own gradient: tf.customGrad, typed, and right for gradients of gradients too.
 *
 * `backward` gets the cotangent, the inputs, and what `forward` saved. While a gradient of the gradient is being recorded,
 * `saved` is null and must be computed again from the inputs: TFJS does not record what happens inside a custom
 * operation, so saved intermediate results would count as constants there.
 *
 * @returns forward's value; intermediates are freed.
 */
export function customOp(
  inputs: readonly tf.Tensor[],
  forward: (...inputs: tf.Tensor[]) => Forward,
  backward: (
    dy: tf.Tensor,
    inputs: readonly tf.Tensor[],
    saved: readonly tf.Tensor[] | null,
  ) => Gradient | readonly Gradient[],
): tf.Tensor {
  return (tf.engine() as unknown as Engine).runKernelFunc({
    inputs: Object.fromEntries(inputs.entries()),
    forwardFunc(_, save) {
      const { value, saved = [] } = forward(...inputs);
      save([...inputs, ...saved]);
      return value;
    },
    backwardsFunc(dy, kept) {
      const given = backward(dy, kept.slice(0, inputs.length), twice() ? null : kept.slice(inputs.length));
      const gradients = Array.isArray(given) ? (given as readonly Gradient[]) : [given as Gradient];
      return Object.fromEntries(
        gradients.map((gradient, i) => [i, typeof gradient === 'function' ? gradient : () => gradient]),
      );
    },
  });
}

/** True inside a backward pass that is itself being differentiated. */
export function twice(): boolean {
  return tf.engine().isTapeOn();
}
