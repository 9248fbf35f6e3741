import * as tf from '@tensorflow/tfjs-core';
import { plus, times } from '../constants.js';
import { movedMean, withDecay } from '../moments.js';
import type { AdamUpdateAttrs, AdamUpdateInputs } from './spec.js';

export function adamUpdate(inputs: AdamUpdateInputs, attrs: AdamUpdateAttrs): tf.Tensor[] {
  const { value } = inputs;
  const { beta1, beta2, eps, rate, penalty, shrinkage, amsgrad } = attrs;
  const gradient = withDecay(inputs.gradient, value, penalty);
  const mean = movedMean(inputs.mean, gradient, beta1);
  const square = movedMean(inputs.square, tf.square(gradient), beta2);
  const { maxSquare: last } = inputs;
  const largest = !amsgrad ? square : last == null ? tf.clone(square) : tf.maximum(last, square);
  const step = times(tf.div(mean, plus(tf.sqrt(largest), eps)), rate);
  const moved = tf.sub(shrinkage === 1 ? value : times(value, shrinkage), step);
  return [moved, mean, square, ...(amsgrad ? [largest] : [])];
}
