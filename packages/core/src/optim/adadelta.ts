import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean, withDecay } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay of the running means, default 0.9. */
  readonly rho?: number;
  /** Default 1e-6. */
  readonly eps?: number;
  /** L2 penalty, default 0. */
  readonly weightDecay?: number;
}

/** Adadelta (Zeiler 2012). torch.optim.Adadelta; lr 1. */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  protected override readonly kind = 'Adadelta';

  constructor(parameters: Parameters<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(parameters, options, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<AdadeltaOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const { rho, eps } = group;
    const descent = withDecay(gradient, value, group.weightDecay);
    const square = runningMean(state, 'square', tf.square(descent), rho);
    const lastMoves = state.tensor('moves', () => tf.zerosLike(value));
    const move = tf.mul(tf.div(tf.sqrt(tf.add(lastMoves, eps)), tf.sqrt(tf.add(square, eps))), descent);
    runningMean(state, 'moves', tf.square(move), rho);
    return tf.sub(value, tf.mul(move, group.lr));
  }
}
