import * as tf from '@tensorflow/tfjs-core';
import { times } from './constants.js';
import type { ParameterState } from './state.js';

/** Gradient with an L2 penalty on the value. */
export function withDecay(gradient: tf.Tensor, value: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, times(value, weightDecay));
}

/** Updates the running mean kept under `name`: mean ← decay · mean + (1 - decay) · x, from zero. */
export function runningMean(state: ParameterState, name: string, x: tf.Tensor, decay: number): tf.Tensor {
  const scaled = times(x, 1 - decay);
  const last = state.tensors.get(name);
  return state.store(name, last === undefined ? scaled : tf.add(times(last, decay), scaled));
}
