import type * as tf from '@tensorflow/tfjs-core';
import { RMSpropUpdate } from '../kernels/rmsprop-update/spec.js';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface RMSpropOptions extends OptimizerOptions {
  /** Decay of the running mean of squares, default 0.99. */
  readonly alpha?: number;
  /** Default 1e-8. */
  readonly eps?: number;
  /** L2 penalty, default 0. */
  readonly weightDecay?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Divides by the standard deviation instead of the root mean square. Default false. */
  readonly centered?: boolean;
}

/** RMSprop (Hinton; the centred form is Graves 2013). torch.optim.RMSprop; lr 0.01. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  protected override readonly kind = 'RMSprop';

  constructor(parameters: Parameters<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(parameters, options, {
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<RMSpropOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const { alpha, eps, momentum, centered, lr: rate, weightDecay: penalty } = group;
    const slots = ['square', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['momentum'] : [])];
    const {
      square,
      mean,
      momentum: velocity,
    } = Object.fromEntries(slots.map((slot) => [slot, state.tensors.get(slot)]));
    const [moved, ...kept] = RMSpropUpdate.run(
      { value, gradient, square, mean, velocity },
      { rate, alpha, eps, penalty, momentum, centered },
    );
    slots.forEach((slot, i) => state.store(slot, kept[i]!));
    return moved!;
  }
}
