import * as tf from '@tensorflow/tfjs-core';

/** What the forward pass of {@link customOp} returns: the value, and tensors that its backward pass can use again. */
export interface Forward {
  readonly value: tf.Tensor;
  readonly saved?: readonly tf.Tensor[];
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
  ) => tf.Tensor | tf.Tensor[],
): tf.Tensor {
  const op = tf.customGrad((...args: Array<tf.Tensor | tf.GradSaveFunc>) => {
    const save = args.pop() as tf.GradSaveFunc;
    const { value, saved = [] } = forward(...(args as tf.Tensor[]));
    save([...(args as tf.Tensor[]), ...saved]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) =>
        backward(dy, kept.slice(0, inputs.length), twice() ? null : kept.slice(inputs.length)),
    };
  });
  return op(...inputs);
}

/** True inside a backward pass that is itself being differentiated. */
export function twice(): boolean {
  return tf.engine().isTapeOn();
}
