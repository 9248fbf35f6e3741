import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { RnnAttrs, RnnGradientInputs, RnnInputs } from './spec.js';
import { previous, product, steps, weightGradient } from './steps.js';

export function rnnScan({ gates, weight, h0 }: RnnInputs, { nonlinearity }: RnnAttrs): tf.Tensor[] {
  const activate = nonlinearity === 'tanh' ? tf.tanh : tf.relu;
  const states: tf.Tensor[] = [];
  for (const gate of steps(gates)) {
    const h = states.at(-1) ?? h0;
    states.push(scope(() => activate(tf.add(gate, product(h, weight)))));
  }
  return [tf.stack(states)];
}

export function rnnScanGradient(
  { dy, states, weight, h0 }: RnnGradientInputs,
  { nonlinearity }: RnnAttrs,
): tf.Tensor[] {
  const slopes = steps(nonlinearity === 'tanh' ? tf.sub(1, tf.square(states)) : tf.step(states));
  const back = tf.transpose(weight);
  const upstream = steps(dy);
  const gradients: tf.Tensor[] = [];
  let carried: tf.Tensor = tf.zerosLike(h0);
  for (let t = slopes.length - 1; t >= 0; t--) {
    const inner = tf.mul(tf.add(upstream[t]!, carried), slopes[t]!);
    gradients.unshift(inner);
    carried = product(inner, back);
  }
  const all = tf.stack(gradients);
  return [all, weightGradient(previous(h0, states), all), carried];
}
