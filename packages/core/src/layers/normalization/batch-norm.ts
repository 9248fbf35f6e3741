import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { batchNorm } from '../../functional/normalization/index.js';
import { scope } from '../../memory.js';
import { Module, Parameter, StateBuffer, type FusedActivation, type FusingModule } from '../../module/index.js';

export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Weight of a batch in the running statistics; null averages all batches alike. Default 0.1. */
  readonly momentum?: number | null;
  /** Learn a scale and a shift a channel. Default true. */
  readonly affine?: boolean;
  /** Keep running statistics for evaluation; without them the batch's are always used. Default true. */
  readonly trackRunningStats?: boolean;
}

/** What BatchNorm1d, 2d and 3d share; they differ only in the ranks that they take. Channels are the last axis. */
abstract class BatchNorm extends Module implements FusingModule {
  get fusesActivations(): true {
    return true;
  }

  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly running_mean: StateBuffer | null;
  readonly running_var: StateBuffer | null;
  readonly num_batches_tracked: StateBuffer | null;
  readonly eps: number;
  readonly momentum: number | null;
  /** Ranks of input that this layer takes. */
  protected abstract readonly ranks: readonly number[];

  constructor(
    readonly numFeatures: number,
    options: BatchNormLayerOptions = {},
  ) {
    super();
    check(Number.isInteger(numFeatures) && numFeatures > 0, `batch norm of ${numFeatures} channels`);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(tf.ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(tf.zeros([numFeatures])) : null;
    this.running_mean = trackRunningStats ? new StateBuffer(tf.zeros([numFeatures])) : null;
    this.running_var = trackRunningStats ? new StateBuffer(tf.ones([numFeatures])) : null;
    this.num_batches_tracked = trackRunningStats ? new StateBuffer(tf.scalar(0, 'int32')) : null;
  }

  /** x [..., channels]; the same shape back, the activation applied. In training the running statistics move. */
  forward(x: tf.Tensor, activation?: FusedActivation): tf.Tensor {
    check(
      this.ranks.includes(x.rank) && x.shape.at(-1) === this.numFeatures,
      () =>
        `${this.constructor.name} of ${this.numFeatures} channels takes ${this.ranks.join(' or ')} axes with channels last, got shape [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const tracked = this.num_batches_tracked;
      const update = this.training && tracked !== null;
      let momentum: number | tf.Tensor = this.momentum ?? 0;
      if (update) {
        tracked.assign(tf.add(tracked.value, tf.scalar(1, 'int32')));
        if (this.momentum === null) momentum = tf.reciprocal(tf.cast(tracked.value, 'float32'));
      }
      return batchNorm(x, this.running_mean, this.running_var, this.weight?.value ?? null, this.bias?.value ?? null, {
        training: this.training || tracked === null,
        momentum,
        eps: this.eps,
        activation,
      });
    });
  }
}

/** Batch norm of [N, C] or [N, L, C] (Ioffe and Szegedy 2015, arXiv:1502.03167). */
export class BatchNorm1d extends BatchNorm {
  protected readonly ranks = [2, 3];
}

/** Batch norm of [N, H, W, C] (Ioffe and Szegedy 2015, arXiv:1502.03167). */
export class BatchNorm2d extends BatchNorm {
  protected readonly ranks = [4];
}

/** Batch norm of [N, D, H, W, C] (Ioffe and Szegedy 2015, arXiv:1502.03167). */
export class BatchNorm3d extends BatchNorm {
  protected readonly ranks = [5];
}
