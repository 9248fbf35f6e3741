import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean, withDecay } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface RAdamOptions extends OptimizerOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Shrinks the weights as AdamW does, instead of an L2 penalty. Default false. */
  readonly decoupledWeightDecay?: boolean;
}

/** Adam with a rectified adaptive rate (Liu et al. 2019). torch.optim.RAdam; lr 1e-3. */
export class RAdam extends Optimizer<RAdamOptions> {
  protected override readonly kind = 'RAdam';

  constructor(parameters: Parameters<RAdamOptions>, options: RAdamOptions = {}) {
    super(parameters, options, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      decoupledWeightDecay: false,
      maximize: false,
    });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<RAdamOptions>,
  ): tf.Tensor {
    const { lr, eps, weightDecay, decoupledWeightDecay } = group;
    const [beta1, beta2] = group.betas;
    const { step } = state;
    const value = decoupledWeightDecay ? tf.mul(parameter.value, 1 - lr * weightDecay) : parameter.value;
    const descent = decoupledWeightDecay ? gradient : withDecay(gradient, value, weightDecay);
    const mean = runningMean(state, 'mean', descent, beta1);
    const square = runningMean(state, 'square', tf.square(descent), beta2);

    const rate = lr / (1 - beta1 ** step);
    const correction = 1 - beta2 ** step;
    // length of the simple moving average that the running mean amounts to, now and in the limit
    const limit = 2 / (1 - beta2) - 1;
    const length = limit - (2 * step * beta2 ** step) / correction;
    // too few values for the variance to be trusted: plain momentum
    if (length <= 5) return tf.sub(value, tf.mul(mean, rate));
    const rectified = Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
    const direction = tf.div(mean, tf.add(tf.sqrt(square), eps));
    return tf.sub(value, tf.mul(direction, rate * rectified * Math.sqrt(correction)));
  }
}
