import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean, withDecay } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface NAdamOptions extends OptimizerOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** How fast the momentum rises to beta 1; default 4e-3. */
  readonly momentumDecay?: number;
  /** Shrinks the weights as AdamW does, instead of an L2 penalty. Default false. */
  readonly decoupledWeightDecay?: boolean;
}

/** Adam with Nesterov momentum (Dozat 2016). torch.optim.NAdam; lr 2e-3. */
export class NAdam extends Optimizer<NAdamOptions> {
  protected override readonly kind = 'NAdam';

  constructor(parameters: Parameters<NAdamOptions>, options: NAdamOptions = {}) {
    super(parameters, options, {
      lr: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      momentumDecay: 4e-3,
      decoupledWeightDecay: false,
      maximize: false,
    });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<NAdamOptions>,
  ): tf.Tensor {
    const { lr, eps, weightDecay, decoupledWeightDecay, momentumDecay } = group;
    const [beta1, beta2] = group.betas;
    const { step } = state;
    const value = decoupledWeightDecay ? tf.mul(parameter.value, 1 - lr * weightDecay) : parameter.value;
    const descent = decoupledWeightDecay ? gradient : withDecay(gradient, value, weightDecay);

    const momentum = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const [now, next] = [momentum(step), momentum(step + 1)];
    const product = (state.numbers['momentumProduct'] ?? 1) * now;
    state.numbers['momentumProduct'] = product;

    const mean = runningMean(state, 'mean', descent, beta1);
    const square = runningMean(state, 'square', tf.square(descent), beta2);
    const size = tf.add(tf.sqrt(tf.div(square, 1 - beta2 ** step)), eps);
    const direction = tf.add(
      tf.mul(descent, (lr * (1 - now)) / (1 - product)),
      tf.mul(mean, (lr * next) / (1 - product * next)),
    );
    return tf.sub(value, tf.div(direction, size));
  }
}
