import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Module, Parameter, scope } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

export interface SoftmaxAggregationOptions {
  /** Inverse temperature: 0 gives the mean, a large one the maximum. Default 1. */
  readonly t?: number;
  /** Learns `t`. Default false. */
  readonly learn?: boolean;
  /** No gradient flows through the weights; only where `t` is not learned. Default false. */
  readonly semiGrad?: boolean;
  /** A learned `t` for each column instead of one for all. Default 1: one for all. */
  readonly channels?: number;
}

/** Sum weighed by the softmax of t times the values, column by column (Li et al. 2020, arXiv:2006.07739). Zeros where there are no rows. */
export class SoftmaxAggregation extends Module implements Aggregation {
  /** [channels]; null where it is not learned. */
  readonly t: Parameter | null;
  readonly #fixed: number;
  readonly #semiGrad: boolean;

  constructor(options: SoftmaxAggregationOptions = {}) {
    super();
    const { t = 1, learn = false, semiGrad = false, channels = 1 } = options;
    check(!learn || !semiGrad, 'SoftmaxAggregation: a learned t needs the gradient that semiGrad leaves out');
    check(learn || channels === 1, 'SoftmaxAggregation: only a learned t has a value for each channel');
    this.t = learn ? new Parameter(tf.fill([channels], t)) : null;
    this.#fixed = t;
    this.#semiGrad = semiGrad;
  }

  /**
   * @param x float32 [segments.count, …features]
   * @returns float32 [segments.size, …]
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return scope(() => {
      const scores = this.t === null && this.#fixed === 1 ? x : tf.mul(x, this.t?.value ?? this.#fixed);
      const weights = functional.segmentSoftmax(this.#semiGrad ? functional.stopGradient(scores) : scores, segments);
      return functional.segmentSum(tf.mul(x, weights), segments);
    });
  }
}
