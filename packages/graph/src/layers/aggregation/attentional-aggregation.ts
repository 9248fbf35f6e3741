import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope, type UnaryModule } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

/** Sum of rows weighted by a softmax of learned gates (Li et al. 2019, arXiv:1904.12787). */
export class AttentionalAggregation extends Module implements Aggregation {
  /**
   * @param gate_nn rows [rows, width] to gates [rows, 1], or to one for each column of the values
   * @param nn rows to values. Default: the rows themselves.
   */
  constructor(
    readonly gate_nn: UnaryModule,
    readonly nn: UnaryModule | null = null,
  ) {
    super();
  }

  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return scope(() => {
      const gates = functional.segmentSoftmax(this.gate_nn.forward(x), segments);
      return functional.segmentSum(tf.mul(gates, this.nn === null ? x : this.nn.forward(x)), segments);
    });
  }
}
