import * as tf from '@tensorflow/tfjs-core';
import { plus, times } from '../constants.js';
import { movedMean, withDecay } from '../moments.js';
import type { RMSpropUpdateAttrs, RMSpropUpdateInputs } from './spec.js';

export function rmspropUpdate(inputs: RMSpropUpdateInputs, attrs: RMSpropUpdateAttrs): tf.Tensor[] {
  const { value, velocity: last } = inputs;
  const { rate, alpha, eps, penalty, momentum, centered } = attrs;
  const descent = withDecay(inputs.gradient, value, penalty);
  const square = movedMean(inputs.square, tf.square(descent), alpha);
  const mean = centered ? movedMean(inputs.mean, descent, alpha) : null;
  const spread = mean === null ? square : tf.sub(square, tf.square(mean));
  const own = tf.div(descent, plus(tf.sqrt(spread), eps));
  const direction = momentum > 0 && last != null ? tf.add(times(last, momentum), own) : own;
  const moved = tf.sub(value, times(direction, rate));
  return [moved, square, ...(mean === null ? [] : [mean]), ...(momentum > 0 ? [direction] : [])];
}
