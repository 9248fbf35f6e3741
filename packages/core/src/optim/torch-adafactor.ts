import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import { factoredAxes, factoredShape, rootMeanSquare } from './factored.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface TorchAdafactorOptions extends OptimizerOptions {
  /** The second moment decays by 1 - step^beta2Decay; default -0.8. */
  readonly beta2Decay?: number;
  /** Smallest second moment (null: the precision of float32) and smallest scale of a parameter; default [null, 1e-3]. */
  readonly eps?: readonly [number | null, number];
  /** Largest root mean square of an update, default 1. */
  readonly d?: number;
  /** Decoupled, default 0. */
  readonly weightDecay?: number;
}

const float32Precision = 2 ** -23;

/**
 * Adafactor (Shazeer and Stern 2018) as torch.optim.Adafactor has it, which differs from {@link Adafactor}: the rate is
 * at most `lr` and always scaled by the parameter's size, and there is no first moment. lr 0.01.
 */
export class TorchAdafactor extends Optimizer<TorchAdafactorOptions> {
  protected override readonly kind = 'TorchAdafactor';

  constructor(parameters: Parameters<TorchAdafactorOptions>, options: TorchAdafactorOptions = {}) {
    super(parameters, options, {
      lr: 0.01,
      beta2Decay: -0.8,
      eps: [null, 1e-3],
      d: 1,
      weightDecay: 0,
      maximize: false,
    });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<TorchAdafactorOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const { lr, d, weightDecay } = group;
    const [eps1 = float32Precision, eps2] = [group.eps[0] ?? undefined, group.eps[1]];
    const decay = 1 - state.step ** group.beta2Decay;
    const squared = tf.square(gradient);
    let variance: tf.Tensor;
    const axes = factoredAxes(parameter);
    if (axes === null) {
      variance = runningMean(state, 'square', squared, decay);
    } else {
      const row = runningMean(state, 'row', tf.mean(squared, axes.column, true), decay);
      const column = runningMean(state, 'column', tf.mean(squared, axes.row, true), decay);
      variance = tf.div(tf.mul(row, column), tf.maximum(tf.mean(row, axes.row, true), eps1));
    }
    const update = tf.mul(tf.rsqrt(tf.maximum(variance, eps1 * eps1)), gradient);
    const rate = tf.mul(tf.maximum(rootMeanSquare(value), eps2), Math.min(lr, 1 / Math.sqrt(state.step)));
    const shrunk = weightDecay === 0 ? value : tf.mul(value, 1 - lr * weightDecay);
    return tf.sub(shrunk, tf.mul(update, tf.div(rate, tf.maximum(tf.div(rootMeanSquare(update), d), 1))));
  }

  protected override slotShape(slot: string, parameter: Parameter): number[] {
    return factoredShape(slot, parameter);
  }
}
