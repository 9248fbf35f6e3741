import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface RpropOptions extends OptimizerOptions {
  /** Factors by which a step shrinks where the gradient's sign changed, and grows where not; default [0.5, 1.2]. */
  readonly etas?: readonly [number, number];
  /** Smallest and largest step, default [1e-6, 50]. */
  readonly stepSizes?: readonly [number, number];
}

/** Resilient backpropagation (Riedmiller and Braun 1993), for full batches. torch.optim.Rprop; lr (the first step) 0.01. */
export class Rprop extends Optimizer<RpropOptions> {
  protected override readonly kind = 'Rprop';

  constructor(parameters: Parameters<RpropOptions>, options: RpropOptions = {}) {
    super(parameters, options, { lr: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<RpropOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const [shrink, grow] = group.etas;
    const [smallest, largest] = group.stepSizes;
    const agreement = tf.mul(
      gradient,
      state.tensor('previous', () => tf.zerosLike(value)),
    );
    const turned = tf.less(agreement, 0);
    const factor = tf.where(
      turned,
      tf.scalar(shrink),
      tf.where(tf.greater(agreement, 0), tf.scalar(grow), tf.scalar(1)),
    );
    const last = state.tensor('stepSize', () => tf.fill(value.shape, group.lr));
    const stepSize = state.store('stepSize', tf.clipByValue(tf.mul(last, factor), smallest, largest));
    // where the sign changed the parameter rests for one step
    const kept = state.store('previous', tf.where(turned, tf.zerosLike(gradient), gradient));
    return tf.sub(value, tf.mul(tf.sign(kept), stepSize));
  }
}
