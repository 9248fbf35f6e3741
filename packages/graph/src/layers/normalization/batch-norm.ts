import type * as tf from '@tensorflow/tfjs-core';
import { BatchNorm1d, Module, type BatchNormLayerOptions } from '@hourglass/core';

/** Batch norm of nodes' features, over all nodes of all graphs (Ioffe and Szegedy 2015, arXiv:1502.03167). */
export class BatchNorm extends Module {
  readonly module: BatchNorm1d;

  constructor(
    readonly inChannels: number,
    options: BatchNormLayerOptions = {},
  ) {
    super();
    this.module = new BatchNorm1d(inChannels, options);
  }

  /** x float32 [nodes, channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return this.module.forward(x);
  }
}
