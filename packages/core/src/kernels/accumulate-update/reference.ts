import * as tf from '@tensorflow/tfjs-core';
import type { AccumulateUpdateInputs } from './spec.js';

export function accumulateUpdate({ sum, addend }: AccumulateUpdateInputs): tf.Tensor[] {
  return [tf.add(sum, addend)];
}
