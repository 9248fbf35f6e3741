import * as tf from '@tensorflow/tfjs-core';
import { plus, times } from '../constants.js';
import { withDecay } from '../moments.js';
import type { AdagradUpdateAttrs, AdagradUpdateInputs } from './spec.js';

export function adagradUpdate(inputs: AdagradUpdateInputs, { rate, eps, penalty }: AdagradUpdateAttrs): tf.Tensor[] {
  const { value } = inputs;
  const descent = withDecay(inputs.gradient, value, penalty);
  const sum = tf.add(tf.square(descent), inputs.sum);
  return [tf.sub(value, times(tf.div(descent, plus(tf.sqrt(sum), eps)), rate)), sum];
}
