import * as tf from '@tensorflow/tfjs-core';
import { release } from './define.js';
import { isOfThisScope, savesBySharing, sharing } from './saving.js';
import { scope } from '../memory.js';

/** What the forward pass of {@link customOp} returns: the value, and tensors that its backward pass can use again. */
export interface Forward {
  readonly value: tf.Tensor;
  readonly saved?: readonly tf.Tensor[];
}

/**
 * A gradient, or how to compute it: then that is done only where the gradient of this input is wanted. Such a function may use
 * what `backward` was given; what `backward` made itself is freed before it runs.
 */
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
  ) => Gradient | readonly Gradient[],
  constants: readonly tf.Tensor[] = [],
): tf.Tensor {
  const [first, last] = [inputs.length, inputs.length + constants.length];
  const shares = savesBySharing();
  let kept: tf.Tensor[] = [];
  const value = (tf.engine() as unknown as Engine).runKernelFunc({
    inputs: Object.fromEntries(inputs.entries()),
    forwardFunc(_, save) {
      const { value, saved = [] } = forward(...inputs);
      const needed = [...inputs, ...constants, ...saved];
      if (shares) kept = needed.map((tensor) => lasting(tensor, value));
      else save(needed);
      return value;
    },
    backwardsFunc(dy, noted) {
      release(noted);
      const saved = twice() ? null : noted.slice(last);
      const given = scope(() => backward(dy, noted.slice(0, first), saved, noted.slice(first, last)));
      const gradients = Array.isArray(given) ? (given as readonly Gradient[]) : [given as Gradient];
      return Object.fromEntries(
        gradients.map((gradient, i) => [i, typeof gradient === 'function' ? () => scope(gradient) : () => gradient]),
      );
    },
  });
  // what the engine hands to backwardsFunc, and frees with the tape
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

/** Runs `fn`; what it gives counts as constant where gradients are taken. Intermediates are freed. */
export function withoutGradient<T>(fn: () => T): T {
  const { state } = tf.engine();
  // as inside of a kernel, whose operations TFJS does not note
  state.kernelDepth++;
  try {
    return scope(fn);
  } finally {
    state.kernelDepth--;
  }
}

/** True inside a backward pass that is itself being differentiated. */
export function twice(): boolean {
  return tf.engine().isTapeOn();
}
