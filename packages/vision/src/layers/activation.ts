import * as tf from '@tensorflow/tfjs-core';
import { check, Module } from '@hourglass/core';

const functions = {
  identity: (x: tf.Tensor) => tf.clone(x),
  sigmoid: (x: tf.Tensor) => tf.sigmoid(x),
  softmax: (x: tf.Tensor) => tf.softmax(x, -1),
  logsoftmax: (x: tf.Tensor) => tf.logSoftmax(x, -1),
  tanh: (x: tf.Tensor) => tf.tanh(x),
  clamp: (x: tf.Tensor) => tf.clipByValue(x, 0, 1),
  argmax: (x: tf.Tensor) => tf.argMax(x, -1),
} as const;

/** What a head applies to its scores; softmax, logsoftmax and argmax are over the classes. */
export type ActivationName = keyof typeof functions;

/** Activation by name. [..., classes] to the same shape, or with argmax to int32 [...]. */
export class Activation extends Module {
  readonly #apply: (x: tf.Tensor) => tf.Tensor;

  constructor(name: ActivationName | null = null) {
    super();
    check(
      name === null || Object.hasOwn(functions, name),
      () => `activation must be null or one of ${Object.keys(functions).join(', ')}; got ${JSON.stringify(name)}`,
    );
    this.#apply = functions[name ?? 'identity'];
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.#apply(x);
  }
}

/** Names of segmentation_models.pytorch to ours: softmax2d and argmax2d are over the channels. */
export function activationFromReference(name: unknown): ActivationName | null {
  if (name === null || name === undefined) return null;
  check(typeof name === 'string', `activation must be a name, got ${JSON.stringify(name)}`);
  check(name !== 'argmax', "the reference's activation argmax flattens the picture; use argmax2d");
  const ours = name.replace(/2d$/, '') as ActivationName;
  check(Object.hasOwn(functions, ours), `unknown activation '${name}'`);
  return ours;
}
