import * as tf from '@tensorflow/tfjs-core';
import { RMSpropUpdate } from '../kernels/rmsprop-update/spec.js';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean, withDecay } from './moments.js';
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
    const updated = RMSpropUpdate.run(
      { value, gradient, square, mean, velocity },
      { rate, alpha, eps, penalty, momentum, centered },
    );
    if (updated !== null) {
      slots.forEach((slot, i) => state.store(slot, updated[i + 1]!));
      return updated[0]!;
    }
    const descent = withDecay(gradient, value, group.weightDecay);
    let spread = runningMean(state, 'square', tf.square(descent), alpha);
    if (group.centered) spread = tf.sub(spread, tf.square(runningMean(state, 'mean', descent, alpha)));
    let direction = tf.div(descent, tf.add(tf.sqrt(spread), eps));
    if (momentum > 0) {
      const last = state.tensors.get('momentum');
      direction = state.store('momentum', last === undefined ? direction : tf.add(tf.mul(last, momentum), direction));
    }
    return tf.sub(value, tf.mul(direction, group.lr));
  }
}
