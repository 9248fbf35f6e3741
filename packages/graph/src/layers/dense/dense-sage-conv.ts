import * as tf from '@tensorflow/tfjs-core';
import { functional, Linear, Module, scope } from '@hourglass/core';
import type { ConvOptions } from '../message-passing.js';
import { atLeastOne, denseGraphs, masked } from './dense.js';

/** GraphSAGE's convolution with the mean of neighbours, of graphs given by binary adjacency matrices, of at most 5,000 nodes. */
export class DenseSAGEConv extends Module {
  readonly lin_rel: Linear;
  readonly lin_root: Linear;
  readonly #normalize: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: ConvOptions & { readonly normalize?: boolean } = {},
  ) {
    super();
    const { normalize = false, bias = true, ...random } = options;
    this.lin_rel = new Linear(inChannels, outChannels, { bias: false, ...random });
    this.lin_root = new Linear(inChannels, outChannels, { bias, ...random });
    this.#normalize = normalize;
  }

  /**
   * @param x float32 [batch, nodes, inChannels], or without the batch axis
   * @param adj float32 [batch, nodes, nodes]; row i lists what reaches node i
   * @returns float32 [batch, nodes, outChannels]
   */
  forward(x: tf.Tensor, adj: tf.Tensor, { mask = null }: { readonly mask?: tf.Tensor | null } = {}): tf.Tensor {
    return scope(() => {
      const graphs = denseGraphs('DenseSAGEConv', x, adj);
      const mean = tf.div(tf.matMul(graphs.adj, graphs.x), atLeastOne(tf.sum(graphs.adj, -1, true)));
      const y = tf.add(this.lin_rel.forward(mean), this.lin_root.forward(graphs.x));
      return masked('DenseSAGEConv', this.#normalize ? functional.normalize(y) : y, mask, graphs);
    });
  }
}
