import { scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * What a search needs of a transducer. A state is made of tensors with the hypotheses along axis 0, in arrays and plain objects.
 */
export interface TransducerModel<State = unknown> {
  /** int32 [N, 1] labels after a state (null: none yet) to encodings float32 [N, 1, D] and the state behind them. */
  predict(labels: tf.Tensor, state: State | null): { readonly output: tf.Tensor; readonly state: State };
  /** Encoded frames float32 [N or 1, 1, D] and labels [N, 1, D] to scores float32 [N, 1, 1, classes] before the softmax. */
  join(frames: tf.Tensor, labels: tf.Tensor): tf.Tensor;
}

/** Applies `fn` to the tensors at the same place of several states of one structure. */
export function zipStates<State>(states: readonly State[], fn: (tensors: tf.Tensor[]) => tf.Tensor): State {
  const visit = (items: readonly unknown[]): unknown => {
    const first = items[0];
    if (first instanceof tf.Tensor) return fn(items as tf.Tensor[]);
    if (Array.isArray(first)) return first.map((_, i) => visit(items.map((item) => (item as unknown[])[i])));
    if (typeof first === 'object' && first !== null)
      return Object.fromEntries(
        Object.keys(first).map((key) => [key, visit(items.map((item) => (item as Record<string, unknown>)[key]))]),
      );
    return first;
  };
  return visit(states) as State;
}

/** States of hypotheses, of one each, as the state of a batch. */
export function joinStates<State>(states: readonly State[]): State {
  return scope(() =>
    zipStates(states, (tensors) => (tensors.length === 1 ? tf.clone(tensors[0]!) : tf.concat(tensors))),
  );
}

/** The states of some hypotheses of a batch, in this order. */
export function takeStates<State>(state: State, rows: readonly number[]): State {
  return scope(() => {
    const index = tf.tensor1d([...rows], 'int32');
    return zipStates([state], ([tensor]) => tf.gather(tensor!, index));
  });
}

/** int32 [N, 1] */
export function labelColumn(labels: readonly number[]): tf.Tensor {
  return tf.tensor2d([...labels], [labels.length, 1], 'int32');
}
