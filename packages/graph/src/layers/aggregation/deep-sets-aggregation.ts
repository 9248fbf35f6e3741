import type * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope, type UnaryModule } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

/** A network on each row, their sum, a network on that (Deep Sets, Zaheer et al. 2017, arXiv:1703.06114). */
export class DeepSetsAggregation extends Module implements Aggregation {
  /**
   * @param local_nn for rows [rows, width]; null for none
   * @param global_nn for sums [segments, width]; null for none
   */
  constructor(
    readonly local_nn: UnaryModule | null = null,
    readonly global_nn: UnaryModule | null = null,
  ) {
    super();
  }

  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return scope(() => {
      const sum = functional.segmentSum(this.local_nn === null ? x : this.local_nn.forward(x), segments);
      return this.global_nn === null ? sum : this.global_nn.forward(sum);
    });
  }
}
