import * as tf from '@tensorflow/tfjs-core';
import { times } from '../constants.js';
import { withDecay } from '../moments.js';
import type { SGDUpdateAttrs, SGDUpdateInputs } from './spec.js';

export function sgdUpdate({ value, gradient, velocity: last }: SGDUpdateInputs, attrs: SGDUpdateAttrs): tf.Tensor[] {
  const { rate, momentum, dampening, penalty, nesterov } = attrs;
  const descent = withDecay(gradient, value, penalty);
  const moved = (direction: tf.Tensor): tf.Tensor => tf.sub(value, times(direction, rate));
  if (momentum === 0) return [moved(descent)];
  const velocity =
    last == null
      ? tf.clone(descent)
      : tf.add(times(last, momentum), dampening === 0 ? descent : times(descent, 1 - dampening));
  return [moved(nesterov ? tf.add(descent, times(velocity, momentum)) : velocity), velocity];
}
