import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope } from '@hourglass/core';
import { graphMean } from './graph-mean.js';
import type { Normalization } from './normalization.js';

export interface PairNormOptions {
  /** Root of the mean squared length that features get. Default 1. */
  readonly scale?: number;
  /** Gives each node this length by itself. Default false. */
  readonly scaleIndividually?: boolean;
  /** Default 1e-5. */
  readonly eps?: number;
}

/** Keeps the sum of all pairs' distances, against over-smoothing (Zhao and Akoglu 2019, arXiv:1909.12223). Has no parameters. */
export class PairNorm extends Module implements Normalization {
  readonly #options: Required<PairNormOptions>;

  constructor(options: PairNormOptions = {}) {
    super();
    const { scale = 1, scaleIndividually = false, eps = 1e-5 } = options;
    this.#options = { scale, scaleIndividually, eps };
  }

  forward(x: tf.Tensor, batch: functional.Segments | null = null): tf.Tensor {
    const { scale, scaleIndividually, eps } = this.#options;
    return scope(() => {
      const middle = tf.sub(x, graphMean(x, batch));
      const lengths = scaleIndividually
        ? tf.add(functional.vectorNorm(middle, { dims: 1, keepDim: true }), eps)
        : tf.sqrt(tf.add(graphMean(tf.sum(tf.square(middle), 1, true), batch), eps));
      return tf.div(tf.mul(middle, scale), lengths);
    });
  }
}
