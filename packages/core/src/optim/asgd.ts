import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { withDecay } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface ASGDOptions extends OptimizerOptions {
  /** Decay term, default 1e-4. */
  readonly lambd?: number;
  /** Power of the rate's decay, default 0.75. */
  readonly alpha?: number;
  /** Step at which averaging starts, default 1e6. */
  readonly t0?: number;
  /** L2 penalty, default 0. */
  readonly weightDecay?: number;
}

/**
 * Averaged stochastic gradient descent (Polyak and Juditsky 1992). torch.optim.ASGD; lr 0.01. The averages are in the
 * state, as `average.<parameter>`.
 */
export class ASGD extends Optimizer<ASGDOptions> {
  protected override readonly kind = 'ASGD';

  constructor(parameters: Parameters<ASGDOptions>, options: ASGDOptions = {}) {
    super(parameters, options, { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<ASGDOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const { lr, lambd, alpha, t0 } = group;
    const { step, numbers } = state;
    const eta = numbers['eta'] ?? lr;
    const mu = numbers['mu'] ?? 1;
    const descent = withDecay(gradient, value, group.weightDecay);
    const moved = tf.sub(tf.mul(value, 1 - lambd * eta), tf.mul(descent, eta));
    const last = state.tensors.get('average');
    const averaging = mu !== 1 && last !== undefined;
    state.store('average', averaging ? tf.add(last, tf.mul(tf.sub(moved, last), mu)) : tf.clone(moved));
    numbers['eta'] = lr / (1 + lambd * lr * step) ** alpha;
    numbers['mu'] = 1 / Math.max(1, step - t0);
    return moved;
  }
}
