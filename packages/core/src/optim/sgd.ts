import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { SGDUpdate } from '../kernels/sgd-update/spec.js';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface SGDOptions extends OptimizerOptions {
  /** Default 0. */
  readonly momentum?: number;
  /** Dampening of the momentum, default 0. */
  readonly dampening?: number;
  /** L2 penalty, default 0. */
  readonly weightDecay?: number;
  /** Nesterov momentum; needs a momentum and no dampening. Default false. */
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent, with momentum as Sutskever et al. 2013. torch.optim.SGD; lr 1e-3. */
export class SGD extends Optimizer<SGDOptions> {
  protected override readonly kind = 'SGD';

  constructor(parameters: Parameters<SGDOptions>, options: SGDOptions = {}) {
    super(parameters, options, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
    });
    for (const { nesterov, momentum, dampening } of this.groups) {
      check(!nesterov || (momentum > 0 && dampening === 0), 'Nesterov momentum needs a momentum and zero dampening');
    }
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<SGDOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const { lr: rate, momentum, dampening, weightDecay: penalty, nesterov } = group;
    const velocity = momentum === 0 ? undefined : state.tensors.get('momentum');
    const [moved, next] = SGDUpdate.run(
      { value, gradient, velocity },
      { rate, momentum, dampening, penalty, nesterov },
    );
    if (momentum !== 0) state.store('momentum', next!);
    return moved!;
  }
}
