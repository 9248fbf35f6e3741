import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, Parameter, scope, StateBuffer } from '@hourglass/core';
import { graphMean } from './graph-mean.js';
import type { Normalization } from './normalization.js';

export interface InstanceNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Weight of a batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Learns a scale and a shift a channel. Default false. */
  readonly affine?: boolean;
  /** Keeps running statistics and uses them in evaluation. Default false. */
  readonly trackRunningStats?: boolean;
}

/** Each channel over the nodes of a graph (Ulyanov et al. 2017, arXiv:1701.02096). */
export class InstanceNorm extends Module implements Normalization {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly running_mean: StateBuffer | null;
  readonly running_var: StateBuffer | null;
  /** Kept for the reference's checkpoints; it is not counted up, as there. */
  readonly num_batches_tracked: StateBuffer | null;
  readonly eps: number;
  readonly momentum: number;

  constructor(
    readonly inChannels: number,
    options: InstanceNormOptions = {},
  ) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = options;
    this.weight = affine ? new Parameter(tf.ones([inChannels])) : null;
    this.bias = affine ? new Parameter(tf.zeros([inChannels])) : null;
    this.running_mean = trackRunningStats ? new StateBuffer(tf.zeros([inChannels])) : null;
    this.running_var = trackRunningStats ? new StateBuffer(tf.ones([inChannels])) : null;
    this.num_batches_tracked = trackRunningStats ? new StateBuffer(tf.scalar(0, 'int32')) : null;
    this.eps = eps;
    this.momentum = momentum;
  }

  forward(x: tf.Tensor, batch: functional.Segments | null = null): tf.Tensor {
    return scope(() => {
      const isOwn = this.training || this.running_mean === null;
      const mean = isOwn ? graphMean(x, batch) : this.running_mean!.value;
      const middle = tf.sub(x, mean);
      const variance = isOwn ? graphMean(tf.square(middle), batch) : this.running_var!.value;
      if (isOwn && this.running_mean !== null) this.#track(x, batch);
      const unit = tf.mul(middle, tf.rsqrt(tf.add(variance, this.eps)));
      return this.weight === null ? unit : tf.add(tf.mul(unit, this.weight.value), this.bias!.value);
    });
  }

  /** Moves the running statistics to the mean over graphs, the variance being the unbiased one. */
  #track(x: tf.Tensor, batch: functional.Segments | null): void {
    const own = batch ?? new functional.Segments(new Int32Array(x.shape[0]!), 1);
    const constant = functional.stopGradient(x);
    const mean = functional.segmentMean(constant, own);
    const squares = functional.segmentSum(tf.square(tf.sub(constant, functional.segmentGather(mean, own))), own);
    const { pointer } = own.values;
    const others = Array.from({ length: own.size }, (_, graph) => [
      Math.max(1, pointer[graph + 1]! - pointer[graph]! - 1),
    ]);
    const variance = tf.div(squares, tf.tensor2d(others, [own.size, 1]));
    for (const [running, observed] of [
      [this.running_mean!, mean],
      [this.running_var!, variance],
    ] as const) {
      running.assign(tf.add(tf.mul(running.value, 1 - this.momentum), tf.mul(tf.mean(observed, 0), this.momentum)));
    }
    if (batch === null) own.dispose();
  }
}
