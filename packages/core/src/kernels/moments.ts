import * as tf from '@tensorflow/tfjs-core';
import { times } from './constants.js';

/** Gradient with an L2 penalty on the value. */
export function withDecay(gradient: tf.Tensor, value: tf.Tensor, penalty: number): tf.Tensor {
  return penalty === 0 ? gradient : tf.add(gradient, times(value, penalty));
}

/** The running mean decay · last + (1 - decay) · x, from zero where there is none yet. */
export function movedMean(last: tf.Tensor | null | undefined, x: tf.Tensor, decay: number): tf.Tensor {
  const scaled = times(x, 1 - decay);
  return last == null ? scaled : tf.add(times(last, decay), scaled);
}
