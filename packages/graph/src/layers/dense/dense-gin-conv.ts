import * as tf from '@tensorflow/tfjs-core';
import { Module, Parameter, scope, StateBuffer, type UnaryModule } from '@hourglass/core';
import type { DenseConvInputs } from './dense-gcn-conv.js';
import { denseGraphs, masked } from './dense.js';

export interface DenseGINConvOptions {
  /** First value of the weight that a node's own features get beyond 1. Default 0. */
  readonly eps?: number;
  /** Learns it. Default false. */
  readonly trainEps?: boolean;
}

/** GIN's convolution (Xu et al. 2018, arXiv:1810.00826) of graphs given by their adjacency matrices, of at most 5,000 nodes. */
export class DenseGINConv extends Module {
  readonly eps: Parameter | StateBuffer;

  /** @param nn applied to the sums: [batch, nodes, inChannels] to [batch, nodes, outChannels] */
  constructor(
    readonly nn: UnaryModule,
    options: DenseGINConvOptions = {},
  ) {
    super();
    const { eps = 0, trainEps = false } = options;
    this.eps = trainEps ? new Parameter(tf.tensor1d([eps])) : new StateBuffer(tf.tensor1d([eps]));
  }

  /**
   * @param x float32 [batch, nodes, inChannels], or without the batch axis
   * @param adj float32 [batch, nodes, nodes]; row i lists what reaches node i
   */
  forward(x: tf.Tensor, adj: tf.Tensor, { mask = null, addLoop = true }: DenseConvInputs = {}): tf.Tensor {
    return scope(() => {
      const graphs = denseGraphs('DenseGINConv', x, adj);
      const sum = tf.matMul(graphs.adj, graphs.x);
      const all = addLoop ? tf.add(tf.mul(graphs.x, tf.add(this.eps.value, 1)), sum) : sum;
      return masked('DenseGINConv', this.nn.forward(all), mask, graphs);
    });
  }
}
