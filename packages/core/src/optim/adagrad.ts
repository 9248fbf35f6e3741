import * as tf from '@tensorflow/tfjs-core';
import { AdagradUpdate } from '../kernels/adagrad-update/spec.js';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface AdagradOptions extends OptimizerOptions {
  /** The rate falls as 1 / (1 + steps · lrDecay); default 0. */
  readonly lrDecay?: number;
  /** L2 penalty, default 0. */
  readonly weightDecay?: number;
  /** Where the sum of squares starts; default 0. */
  readonly initialAccumulatorValue?: number;
  /** Default 1e-10. */
  readonly eps?: number;
}

/** Adagrad (Duchi et al. 2011). torch.optim.Adagrad; lr 0.01. */
export class Adagrad extends Optimizer<AdagradOptions> {
  protected override readonly kind = 'Adagrad';

  constructor(parameters: Parameters<AdagradOptions>, options: AdagradOptions = {}) {
    super(parameters, options, {
      lr: 0.01,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
    });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<AdagradOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const { eps, weightDecay: penalty } = group;
    const rate = group.lr / (1 + (state.step - 1) * group.lrDecay);
    const last = state.tensor('sum', () => tf.fill(value.shape, group.initialAccumulatorValue));
    const [moved, sum] = AdagradUpdate.run({ value, gradient, sum: last }, { rate, eps, penalty });
    state.store('sum', sum!);
    return moved!;
  }
}
