import * as tf from '@tensorflow/tfjs-core';
import { release } from '../gradients/define.js';
import { isOfThisScope, savesBySharing, sharing } from '../gradients/saving.js';
import { scope } from '../memory.js';

/** What the forward pass of {@link customOp} returns: the value, and tensors that its backward pass can use again. */
export interface Forward {
  readonly value: tf.Tensor;
  readonly saved?: readonly tf.Tensor[];
}

/**
 * An operation with its own gradient: tf.customGrad, typed, and right for gradients of gradients too.
 *
 * `backward` gets the cotangent, the inputs, what `forward` saved, and `constants`: tensors that it needs besides, through
 * which no gradient flows. What it only closes over may be freed by then. While a gradient of the gradient is being recorded,
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
    constants: readonly tf.Tensor[],
  ) => tf.Tensor | tf.Tensor[],
  constants: readonly tf.Tensor[] = [],
): tf.Tensor {
  const [first, last] = [inputs.length, inputs.length + constants.length];
  const shares = savesBySharing();
  let kept: tf.Tensor[] = [];
  const op = tf.customGrad((...args: Array<tf.Tensor | tf.GradSaveFunc>) => {
    const save = args.pop() as tf.GradSaveFunc;
    const { value, saved = [] } = forward(...(args as tf.Tensor[]));
    const needed = [...(args as tf.Tensor[]), ...constants, ...saved];
    if (shares) kept = needed.map((tensor) => lasting(tensor, value));
    else save(needed);
    return {
      value,
      gradFunc: (dy: tf.Tensor, noted: tf.Tensor[]) => {
        release(noted);
        const saved = twice() ? null : noted.slice(last);
        return scope(() => backward(dy, noted.slice(0, first), saved, noted.slice(first, last)));
      },
    };
  });
  const value = op(...inputs);
  // what the engine hands to gradFunc, and frees with the tape
  if (shares)
    tf.engine()
      .state.activeTape.at(-1)!
      .saved!.push(...kept);
  return value;
}

/** A tensor to be saved: itself if the forward pass made it and returns another, else one of the same numbers. */
function lasting(tensor: tf.Tensor, value: tf.Tensor): tf.Tensor {
  return isOfThisScope(tensor) && tensor !== value ? tf.keep(tensor) : sharing(tensor);
}

/** Runs `forward`; the result counts as a constant where gradients are taken. */
export function constantOp(forward: () => tf.Tensor): tf.Tensor {
  return customOp(
    [],
    () => ({ value: forward() }),
    () => [],
  );
}

/** True inside a backward pass that is itself being differentiated. */
export function twice(): boolean {
  return tf.engine().isTapeOn();
}
