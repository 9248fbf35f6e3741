import type * as tf from '@tensorflow/tfjs-core';
import { movedMean } from '../kernels/moments.js';
import type { ParameterState } from './state.js';

export { withDecay } from '../kernels/moments.js';

/** Updates the running mean kept under `name`: mean ← decay · mean + (1 - decay) · x, from zero. */
export function runningMean(state: ParameterState, name: string, x: tf.Tensor, decay: number): tf.Tensor {
  return state.store(name, movedMean(state.tensors.get(name), x, decay));
}
