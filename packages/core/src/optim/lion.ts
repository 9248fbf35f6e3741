import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface LionOptions extends OptimizerOptions {
  /** Share of the momentum in the update, and its decay; default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
  /** Decoupled, default 0. */
  readonly weightDecay?: number;
}

/** Lion: the sign of an interpolated momentum (Chen et al. 2023). lr 1e-4. */
export class Lion extends Optimizer<LionOptions> {
  protected override readonly kind = 'Lion';

  constructor(parameters: Parameters<LionOptions>, options: LionOptions = {}) {
    super(parameters, options, { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<LionOptions>,
  ): tf.Tensor {
    const { lr, weightDecay } = group;
    const [beta1, beta2] = group.betas;
    const last = state.tensor('momentum', () => tf.zerosLike(gradient));
    const direction = tf.sign(tf.add(tf.mul(last, beta1), tf.mul(gradient, 1 - beta1)));
    state.store('momentum', tf.add(tf.mul(last, beta2), tf.mul(gradient, 1 - beta2)));
    const shrunk = weightDecay === 0 ? parameter.value : tf.mul(parameter.value, 1 - lr * weightDecay);
    return tf.sub(shrunk, tf.mul(direction, lr));
  }
}
