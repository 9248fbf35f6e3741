import * as tf from '@tensorflow/tfjs-core';
import { checkCount, Dropout, functional, Module, scope, type Generator } from '@hourglass/core';
import { MLP } from '../../models/mlp.js';
import { assign, normalisedAdjacency, orthogonalityLoss, trace } from './assignment.js';
import { denseGraphs, maskColumn } from './dense.js';
import type { DensePoolOptions } from './diff-pool.js';

/** What {@link DMoNPooling} gives. */
export interface DMoNPooled {
  /** float32 [batch, nodes, clusters]: how far each node belongs to each cluster. */
  readonly s: tf.Tensor;
  /** float32 [batch, clusters, width] */
  readonly x: tf.Tensor;
  /** float32 [batch, clusters, clusters]: without self loops, symmetrically normalised. */
  readonly adj: tf.Tensor;
  /** Scalar: minus the modularity. */
  readonly spectralLoss: tf.Tensor;
  /** Scalar: clusters apart and equally large. */
  readonly orthogonalityLoss: tf.Tensor;
  /** Scalar: no collapse into one cluster. */
  readonly clusterLoss: tf.Tensor;
}

/** Modularity pooling (Tsitsulin et al. 2020, arXiv:2006.16904) of graphs of at most 5,000 nodes. */
export class DMoNPooling extends Module {
  readonly mlp: MLP;
  readonly dropout: Dropout;

  /**
   * @param channels width of the features, or widths of several linear maps one after another
   * @param k number of clusters
   */
  constructor(
    channels: number | readonly number[],
    readonly k: number,
    options: { readonly dropout?: number; readonly generator?: Generator } = {},
  ) {
    super();
    const { dropout = 0, ...random } = options;
    checkCount('DMoNPooling: the number of clusters', k);
    this.mlp = new MLP([...(typeof channels === 'number' ? [channels] : channels), k], {
      act: null,
      norm: null,
      ...random,
    });
    this.dropout = new Dropout(dropout, random);
  }

  /**
   * @param x float32 [batch, nodes, channels], or without the batch axis
   * @param adj float32 [batch, nodes, nodes]
   */
  forward(x: tf.Tensor, adj: tf.Tensor, { mask = null }: DensePoolOptions = {}): DMoNPooled {
    return scope(() => {
      const graphs = denseGraphs('DMoNPooling', x, adj);
      const [batch, nodes] = graphs.x.shape as [number, number];
      const column = mask === null ? tf.ones([batch, nodes, 1]) : maskColumn('DMoNPooling', mask, graphs);
      const pooled = assign('DMoNPooling', graphs, tf.softmax(this.dropout.forward(this.mlp.forward(graphs.x))), mask);
      const degree = tf.mul(tf.sum(graphs.adj, -1, true), column);
      // twice the number of edges
      const volume = tf.sum(degree, [1, 2]);
      // trace of Sᵀ d dᵀ S
      const expected = tf.sum(tf.square(tf.matMul(pooled.s, degree, true, false)), [1, 2]);
      const modularity = tf.div(tf.sub(trace(pooled.adj), tf.div(expected, volume)), volume);
      // as in the reference a mean over all pairs of sizes and numbers of nodes, also of different graphs
      const size = tf.mean(functional.vectorNorm(tf.sum(pooled.s, 1), { dims: 1 }));
      const perNode = tf.mean(tf.reciprocal(tf.sum(column, [1, 2])));
      return {
        s: pooled.s,
        x: functional.selu(pooled.x),
        adj: normalisedAdjacency(pooled.adj),
        spectralLoss: tf.neg(tf.mean(modularity)),
        orthogonalityLoss: orthogonalityLoss(pooled.s),
        clusterLoss: tf.sub(tf.mul(tf.mul(size, perNode), Math.sqrt(this.k)), 1),
      };
    });
  }
}
