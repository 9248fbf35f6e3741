import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Module, Parameter, scope } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

export interface PowerMeanAggregationOptions {
  /** The power: 1 gives the mean, a large one the maximum. Default 1. */
  readonly p?: number;
  /** Learns `p`. Default false. */
  readonly learn?: boolean;
  /** A learned `p` for each column instead of one for all. Default 1: one for all. */
  readonly channels?: number;
  /** Where p is not 1, values and their mean are kept above this. Default 1e-4. */
  readonly clampMin?: number;
  /** Where p is not 1, values and their mean are kept below this. Default 100. */
  readonly clampMax?: number;
}

/** Power mean of each segment, column by column (Li et al. 2020, arXiv:2006.07739), for positive values. */
export class PowerMeanAggregation extends Module implements Aggregation {
  /** [channels]; null where it is not learned. */
  readonly p: Parameter | null;
  readonly #fixed: number;
  readonly #limits: { readonly min: number; readonly max: number };

  constructor(options: PowerMeanAggregationOptions = {}) {
    super();
    const { p = 1, learn = false, channels = 1, clampMin = 1e-4, clampMax = 100 } = options;
    check(learn || channels === 1, 'PowerMeanAggregation: only a learned p has a value for each channel');
    this.p = learn ? new Parameter(tf.fill([channels], p)) : null;
    this.#fixed = p;
    this.#limits = { min: clampMin, max: clampMax };
  }

  /**
   * @param x float32 [segments.count, …features]
   * @returns float32 [segments.size, …]
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    if (this.p === null && this.#fixed === 1) return functional.segmentMean(x, segments);
    return scope(() => {
      const p = this.p?.value ?? tf.scalar(this.#fixed);
      const clamped = (y: tf.Tensor): tf.Tensor => functional.clamp(y, this.#limits);
      const mean = functional.segmentMean(tf.pow(clamped(x), p), segments);
      return tf.pow(clamped(mean), tf.div(1, p));
    });
  }
}
