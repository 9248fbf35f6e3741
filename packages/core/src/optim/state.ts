import * as tf from '@tensorflow/tfjs-core';

/** Anything that JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What an optimiser remembers of one parameter: numbers, and tensors (moments, buffers) that it owns. */
export class ParameterState {
  /** Updates that this parameter has had, the one in progress included. */
  step = 0;
  readonly numbers: Record<string, number> = {};
  readonly #tensors = new Map<string, tf.Tensor>();

  get tensors(): ReadonlyMap<string, tf.Tensor> {
    return this.#tensors;
  }

  /** The tensor kept under this name; `initial` makes it the first time. */
  tensor(name: string, initial: () => tf.Tensor): tf.Tensor {
    return this.#tensors.get(name) ?? this.store(name, initial());
  }

  /** Keeps `value` past the surrounding tidy in place of the last one. It must not be anyone else's. */
  store(name: string, value: tf.Tensor): tf.Tensor {
    const last = this.#tensors.get(name);
    this.#tensors.set(name, tf.keep(value));
    last?.dispose();
    return value;
  }

  dispose(): void {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}
