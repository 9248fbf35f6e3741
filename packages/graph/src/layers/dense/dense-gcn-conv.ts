import * as tf from '@tensorflow/tfjs-core';
import { Module, scope, type Linear, type Parameter } from '@hourglass/core';
import { glorotLinear, zeroBias } from '../initialise.js';
import type { ConvOptions } from '../message-passing.js';
import { atLeastOne, denseGraphs, masked, withDiagonal } from './dense.js';

/** What convolutions of dense graphs take besides features and adjacency. */
export interface DenseConvInputs {
  /** bool [batch, nodes]: where there is a node. Default: everywhere. */
  readonly mask?: tf.Tensor | null;
  /** Every node is its own neighbour too. Default true. */
  readonly addLoop?: boolean;
}

/** GCN convolution of graphs given by their adjacency matrices, of at most 5,000 nodes. See `GCNConv`. */
export class DenseGCNConv extends Module {
  readonly lin: Linear;
  readonly bias: Parameter | null;
  readonly #improved: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: ConvOptions & { readonly improved?: boolean } = {},
  ) {
    super();
    const { improved = false, bias = true, ...random } = options;
    this.lin = glorotLinear(inChannels, outChannels, { bias: false, ...random });
    this.bias = bias ? zeroBias(outChannels) : null;
    this.#improved = improved;
  }

  /**
   * @param x float32 [batch, nodes, inChannels], or without the batch axis
   * @param adj float32 [batch, nodes, nodes]; row i lists what reaches node i
   * @returns float32 [batch, nodes, outChannels]
   */
  forward(x: tf.Tensor, adj: tf.Tensor, { mask = null, addLoop = true }: DenseConvInputs = {}): tf.Tensor {
    return scope(() => {
      const graphs = denseGraphs('DenseGCNConv', x, adj);
      const matrix = addLoop ? withDiagonal(graphs.adj, this.#improved ? 2 : 1) : graphs.adj;
      const scale = tf.rsqrt(atLeastOne(tf.sum(matrix, -1)));
      const norm = tf.mul(tf.mul(tf.expandDims(scale, -1), matrix), tf.expandDims(scale, -2));
      const y = tf.matMul(norm, this.lin.forward(graphs.x));
      return masked('DenseGCNConv', this.bias === null ? y : tf.add(y, this.bias.value), mask, graphs);
    });
  }
}
