import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean, withDecay } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface AdamaxOptions extends OptimizerOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** L2 penalty, default 0. */
  readonly weightDecay?: number;
}

/** Adam in the infinity norm (Kingma and Ba 2014). torch.optim.Adamax; lr 2e-3. */
export class Adamax extends Optimizer<AdamaxOptions> {
  protected override readonly kind = 'Adamax';

  constructor(parameters: Parameters<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(parameters, options, { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<AdamaxOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const [beta1, beta2] = group.betas;
    const descent = withDecay(gradient, value, group.weightDecay);
    const mean = runningMean(state, 'mean', descent, beta1);
    const size = tf.add(tf.abs(descent), group.eps);
    const last = state.tensors.get('norm');
    const norm = state.store('norm', last === undefined ? size : tf.maximum(tf.mul(last, beta2), size));
    return tf.sub(value, tf.mul(tf.div(mean, norm), group.lr / (1 - beta1 ** state.step)));
  }
}
