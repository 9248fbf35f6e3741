import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

/** Options of {@link VarAggregation} and {@link StdAggregation}. */
export interface SpreadOptions {
  /** Counts the mean of the squares as a constant where gradients are taken, which saves memory. Default false. */
  readonly semiGrad?: boolean;
}

/** Variance of each segment, column by column: mean of the squares less the square of the mean; zeros where there are no rows. */
export class VarAggregation extends Module implements Aggregation {
  readonly #semiGrad: boolean;

  constructor({ semiGrad = false }: SpreadOptions = {}) {
    super();
    this.#semiGrad = semiGrad;
  }

  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return scope(() => {
      const squares = functional.segmentMean(tf.square(x), segments);
      const mean = functional.segmentMean(x, segments);
      return tf.sub(this.#semiGrad ? functional.stopGradient(squares) : squares, tf.square(mean));
    });
  }
}

/** Standard deviation of each segment, column by column; 0, without a gradient, where the variance is below 1e-5. */
export class StdAggregation extends Module implements Aggregation {
  readonly var_aggr: VarAggregation;

  constructor(options: SpreadOptions = {}) {
    super();
    this.var_aggr = new VarAggregation(options);
  }

  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return scope(() => {
      const variance = this.var_aggr.forward(x, segments);
      const none = tf.lessEqual(variance, 1e-5);
      // the root of zero has no gradient
      return tf.where(none, tf.zerosLike(variance), tf.sqrt(tf.where(none, tf.onesLike(variance), variance)));
    });
  }
}
