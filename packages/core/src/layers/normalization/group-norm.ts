import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import {
  globalResponseNorm,
  groupNorm,
  instanceNorm,
  localResponseNorm,
} from '../../functional/normalization/index.js';
import { scope } from '../../memory.js';
import { Module, Parameter, StateBuffer, type UnaryModule } from '../../module/index.js';

/** Group norm of [N, ..., C] (Wu and He 2018, arXiv:1803.08494). */
export class GroupNorm extends Module implements UnaryModule {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  /** @throws InvalidArgumentError when the channels do not divide into the groups. */
  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: { eps?: number; affine?: boolean } = {},
  ) {
    super();
    check(numChannels % numGroups === 0, `GroupNorm: ${numChannels} channels do not divide into ${numGroups} groups`);
    const { eps = 1e-5, affine = true } = options;
    this.eps = eps;
    this.weight = affine ? new Parameter(tf.ones([numChannels])) : null;
    this.bias = affine ? new Parameter(tf.zeros([numChannels])) : null;
  }

  /** x [N, ..., C]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return groupNorm(x, this.numGroups, this.weight?.value ?? null, this.bias?.value ?? null, this.eps);
  }
}

export interface InstanceNormLayerOptions {
  readonly eps?: number;
  /** Default 0.1. */
  readonly momentum?: number;
  /** Learn a scale and a shift a channel. Default false. */
  readonly affine?: boolean;
  /** Keep running statistics, and use them in evaluation. Default false. */
  readonly trackRunningStats?: boolean;
}

/** What InstanceNorm1d, 2d and 3d share. */
abstract class InstanceNorm extends Module implements UnaryModule {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly running_mean: StateBuffer | null;
  readonly running_var: StateBuffer | null;
  readonly num_batches_tracked: StateBuffer | null;
  readonly eps: number;
  readonly momentum: number;
  protected abstract readonly rank: number;

  constructor(
    readonly numFeatures: number,
    options: InstanceNormLayerOptions = {},
  ) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = options;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(tf.ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(tf.zeros([numFeatures])) : null;
    this.running_mean = trackRunningStats ? new StateBuffer(tf.zeros([numFeatures])) : null;
    this.running_var = trackRunningStats ? new StateBuffer(tf.ones([numFeatures])) : null;
    this.num_batches_tracked = trackRunningStats ? new StateBuffer(tf.scalar(0, 'int32')) : null;
  }

  /** x [N, ..., C]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    check(
      x.rank === this.rank && x.shape.at(-1) === this.numFeatures,
      () =>
        `${this.constructor.name} of ${this.numFeatures} channels takes ${this.rank} axes with channels last, got shape [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const tracked = this.num_batches_tracked;
      if (this.training && tracked !== null) tracked.assign(tf.add(tracked.value, tf.scalar(1, 'int32')));
      return instanceNorm(
        x,
        this.running_mean,
        this.running_var,
        this.weight?.value ?? null,
        this.bias?.value ?? null,
        { useInputStats: this.training || tracked === null, momentum: this.momentum, eps: this.eps },
      );
    });
  }
}

/** Instance norm of [N, L, C] (Ulyanov et al. 2016, arXiv:1607.08022). */
export class InstanceNorm1d extends InstanceNorm {
  protected readonly rank = 3;
}

/** Instance norm of [N, H, W, C] (Ulyanov et al. 2016, arXiv:1607.08022). */
export class InstanceNorm2d extends InstanceNorm {
  protected readonly rank = 4;
}

/** Instance norm of [N, D, H, W, C] (Ulyanov et al. 2016, arXiv:1607.08022). */
export class InstanceNorm3d extends InstanceNorm {
  protected readonly rank = 5;
}

/** Local response norm over channels (Krizhevsky et al. 2012). */
export class LocalResponseNorm extends Module implements UnaryModule {
  constructor(
    readonly size: number,
    readonly options: { readonly alpha?: number; readonly beta?: number; readonly k?: number } = {},
  ) {
    super();
  }

  /** x [..., C]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return localResponseNorm(x, this.size, this.options);
  }
}

/** Global response norm of ConvNeXt V2 (Woo et al. 2023, arXiv:2301.00808). Starts as the identity. */
export class GlobalResponseNorm extends Module implements UnaryModule {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly eps: number;

  /** @param options.shape shape of the parameters in the checkpoint: [C] (default), or [1, 1, 1, C] in transformers. */
  constructor(numChannels: number, options: { eps?: number; shape?: readonly number[] } = {}) {
    super();
    const { eps = 1e-6, shape = [numChannels] } = options;
    check(
      tf.util.sizeFromShape([...shape]) === numChannels,
      `GlobalResponseNorm: shape [${shape.join(', ')}] does not hold ${numChannels} channels`,
    );
    this.eps = eps;
    this.weight = new Parameter(tf.zeros([...shape]));
    this.bias = new Parameter(tf.zeros([...shape]));
  }

  /** x [N, ..., C]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return globalResponseNorm(x, this.weight.value, this.bias.value, this.eps);
  }
}
