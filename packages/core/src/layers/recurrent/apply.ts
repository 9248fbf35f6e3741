import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../../functional/linear-algebra/linear.js';
import { gruOverTime, lstmOverTime, rnnOverTime } from '../../kernels/scan/gradient.js';
import type { RnnAttrs } from '../../kernels/scan/spec.js';
import type { RecurrentWeights } from './weights.js';

export type Nonlinearity = RnnAttrs['nonlinearity'];

/** What kind of unit runs over time. */
export type Unit = 'lstm' | 'gru' | { readonly rnn: Nonlinearity };

/** Gates of a unit. */
export function gateCount(unit: Unit): number {
  return unit === 'lstm' ? 4 : unit === 'gru' ? 3 : 1;
}

/** States of every step; c for LSTM only. */
export interface States {
  readonly h: tf.Tensor;
  readonly c?: tf.Tensor;
}

/**
 * Runs a unit over x [T, B, in] from the states h0 [B, H or P] and, for LSTM, c0 [B, H]. One product projects the inputs of
 * all steps.
 */
export function run(unit: Unit, x: tf.Tensor, weights: RecurrentWeights, h0: tf.Tensor, c0?: tf.Tensor): States {
  const input = weights.weight_ih.value;
  const [biasIn, biasHidden] = [weights.bias_ih?.value, weights.bias_hh?.value];
  const withBias = (bias: tf.Tensor | undefined): tf.Tensor => linear(x, input, bias ?? null);
  const recurrent = weights.weight_hh.value;
  if (unit === 'gru') {
    const bias = biasHidden ?? tf.zeros([input.shape[1]!]);
    return { h: gruOverTime({ gates: withBias(biasIn), weight: recurrent, bias, h0 }, {}) };
  }
  const gates = withBias(biasIn === undefined ? undefined : tf.add(biasIn, biasHidden!));
  if (unit === 'lstm') {
    const projection = weights.weight_hr?.value ?? null;
    const both = lstmOverTime({ gates, weight: recurrent, h0, c0: c0!, projection }, {});
    const [h, c] = tf.split(both, [h0.shape[1]!, c0!.shape[1]!], -1) as [tf.Tensor, tf.Tensor];
    return { h, c };
  }
  return { h: rnnOverTime({ gates, weight: recurrent, h0 }, { nonlinearity: unit.rnn }) };
}
