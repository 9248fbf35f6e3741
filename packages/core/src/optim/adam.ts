import type * as tf from '@tensorflow/tfjs-core';
import { AdamUpdate } from '../kernels/adam-update/spec.js';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
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
    return updated(parameter.value, gradient, state, group, group.weightDecay, 1);
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
    return updated(parameter.value, gradient, state, group, 0, 1 - group.lr * group.weightDecay);
  }
}

/** lr (mean / c1) / (sqrt(square / c2) + eps) is rate · mean / (sqrt(square) + eps) with these, which spares two passes. */
function corrected(step: number, { lr, eps, betas }: Group<AdamOptions>): { rate: number; eps: number } {
  const root = Math.sqrt(1 - betas[1] ** step);
  return { rate: (lr * root) / (1 - betas[0] ** step), eps: eps * root };
}

function updated(
  value: tf.Tensor,
  gradient: tf.Tensor,
  state: ParameterState,
  group: Group<AdamOptions>,
  penalty: number,
  shrinkage: number,
): tf.Tensor {
  const { betas, amsgrad } = group;
  const [mean, square, maxSquare] = ['mean', 'square', 'maxSquare'].map((slot) => state.tensors.get(slot));
  const [moved, ...kept] = AdamUpdate.run(
    { value, gradient, mean, square, maxSquare: amsgrad ? maxSquare : undefined },
    { beta1: betas[0], beta2: betas[1], ...corrected(state.step, group), penalty, shrinkage, amsgrad },
  );
  state.store('mean', kept[0]!);
  state.store('square', kept[1]!);
  if (amsgrad) state.store('maxSquare', kept[2]!);
  return moved!;
}
