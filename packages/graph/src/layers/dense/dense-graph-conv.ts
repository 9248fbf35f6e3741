import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Linear, Module, scope } from '@hourglass/core';
import type { ConvOptions } from '../message-passing.js';
import { atLeastOne, denseGraphs, masked, type DenseGraphs } from './dense.js';

export interface DenseGraphConvOptions extends ConvOptions {
  /** Default `add`. With `max` weights of edges do not count, and features [batch, nodes, nodes, width] are made. */
  readonly aggr?: 'add' | 'mean' | 'max';
}

/** The convolution of Morris et al. (2018, arXiv:1810.02244) of graphs given by their adjacency matrices, of at most 5,000 nodes. */
export class DenseGraphConv extends Module {
  readonly lin_rel: Linear;
  readonly lin_root: Linear;
  readonly #aggr: 'add' | 'mean' | 'max';

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: DenseGraphConvOptions = {},
  ) {
    super();
    const { aggr = 'add', bias = true, ...random } = options;
    check(['add', 'mean', 'max'].includes(aggr), () => `DenseGraphConv: aggr must be add, mean or max, got '${aggr}'`);
    this.lin_rel = new Linear(inChannels, outChannels, { bias, ...random });
    this.lin_root = new Linear(inChannels, outChannels, { bias: false, ...random });
    this.#aggr = aggr;
  }

  /**
   * @param x float32 [batch, nodes, inChannels], or without the batch axis
   * @param adj float32 [batch, nodes, nodes]; row i lists what reaches node i
   * @returns float32 [batch, nodes, outChannels]
   */
  forward(x: tf.Tensor, adj: tf.Tensor, { mask = null }: { readonly mask?: tf.Tensor | null } = {}): tf.Tensor {
    return scope(() => {
      const graphs = denseGraphs('DenseGraphConv', x, adj);
      const gathered = this.#aggr === 'max' ? largestOfNeighbours(graphs) : this.#sum(graphs);
      const y = tf.add(this.lin_rel.forward(gathered), this.lin_root.forward(graphs.x));
      return masked('DenseGraphConv', y, mask, graphs);
    });
  }

  #sum({ x, adj }: DenseGraphs): tf.Tensor {
    const sum = tf.matMul(adj, x);
    return this.#aggr === 'add' ? sum : tf.div(sum, atLeastOne(tf.sum(adj, -1, true)));
  }
}

/**
 * Column by column the largest of the neighbours' features, 0 for a node without any. As in the reference, which counts neighbours the
 * other way round than sums do: those of node j are the rows i with adj[i, j] ≠ 0.
 */
function largestOfNeighbours({ x, adj }: DenseGraphs): tf.Tensor {
  const [batch, nodes, width] = x.shape as [number, number, number];
  const shape = [batch, nodes, nodes, width];
  const isEdge = tf.broadcastTo(tf.expandDims(tf.notEqual(adj, 0), 3), shape);
  const features = tf.broadcastTo(tf.expandDims(x, 2), shape);
  // finite, so that the gradient of a node without neighbours is not that of infinity
  const lowest = functional.stopGradient(tf.sub(tf.min(x), 1));
  const best = tf.max(tf.where(isEdge, features, tf.broadcastTo(lowest, shape)), 1);
  return tf.where(tf.any(isEdge, 1), best, tf.zerosLike(best));
}
