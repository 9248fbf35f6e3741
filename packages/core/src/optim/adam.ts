import * as tf from '@tensorflow/tfjs-core';
import { AdamUpdate } from '../kernels/adam-update/spec.js';
import type { Parameter } from '../module/index.js';
import { plus, times } from './constants.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean, withDecay } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the running means of gradient and square; default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Adam: L2 penalty, default 0. AdamW: shrinkage by lr · weightDecay, default 0.01. */
  readonly weightDecay?: number;
  /** Divides by the largest second moment seen (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
}

const defaults = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false, maximize: false } as const;

/** Adam (Kingma and Ba 2014). torch.optim.Adam; lr 1e-3. */
export class Adam extends Optimizer<AdamOptions> {
  protected override readonly kind = 'Adam';

  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, defaults);
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<AdamOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const updated = updateAtOnce(value, gradient, state, group, group.weightDecay, 1);
    if (updated !== null) return updated;
    return tf.sub(value, adamStep(withDecay(gradient, value, group.weightDecay), state, group));
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2017). torch.optim.AdamW; lr 1e-3, weight decay 0.01. */
export class AdamW extends Optimizer<AdamOptions> {
  protected override readonly kind = 'AdamW';

  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, { ...defaults, weightDecay: 0.01 });
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<AdamOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const shrinkage = 1 - group.lr * group.weightDecay;
    const updated = updateAtOnce(value, gradient, state, group, 0, shrinkage);
    if (updated !== null) return updated;
    const shrunk = group.weightDecay === 0 ? value : times(value, shrinkage);
    return tf.sub(shrunk, adamStep(gradient, state, group));
  }
}

function adamStep(gradient: tf.Tensor, state: ParameterState, group: Group<AdamOptions>): tf.Tensor {
  const [beta1, beta2] = group.betas;
  const mean = runningMean(state, 'mean', gradient, beta1);
  let square = runningMean(state, 'square', tf.square(gradient), beta2);
  if (group.amsgrad) {
    const last = state.tensors.get('maxSquare');
    square = state.store('maxSquare', last === undefined ? tf.clone(square) : tf.maximum(last, square));
  }
  const { rate, eps } = corrected(state.step, group);
  return times(tf.div(mean, plus(tf.sqrt(square), eps)), rate);
}

/** lr (mean / c1) / (sqrt(square / c2) + eps) is rate · mean / (sqrt(square) + eps) with these, which spares two passes. */
function corrected(step: number, { lr, eps, betas }: Group<AdamOptions>): { rate: number; eps: number } {
  const root = Math.sqrt(1 - betas[1] ** step);
  return { rate: (lr * root) / (1 - betas[0] ** step), eps: eps * root };
}

/** The whole update in one pass, on a backend that has it. */
function updateAtOnce(
  value: tf.Tensor,
  gradient: tf.Tensor,
  state: ParameterState,
  group: Group<AdamOptions>,
  penalty: number,
  shrinkage: number,
): tf.Tensor | null {
  const { betas, amsgrad } = group;
  const [mean, square, maxSquare] = ['mean', 'square', 'maxSquare'].map((slot) => state.tensors.get(slot));
  const updated = AdamUpdate.run(
    { value, gradient, mean, square, maxSquare: amsgrad ? maxSquare : undefined },
    { beta1: betas[0], beta2: betas[1], ...corrected(state.step, group), penalty, shrinkage, amsgrad },
  );
  if (updated === null) return null;
  state.store('mean', updated[1]!);
  state.store('square', updated[2]!);
  if (amsgrad) state.store('maxSquare', updated[3]!);
  return updated[0]!;
}
