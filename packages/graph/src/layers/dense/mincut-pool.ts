import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';
import { assign, normalisedAdjacency, orthogonalityLoss, trace } from './assignment.js';
import { denseGraphs } from './dense.js';
import { logits, type DensePoolOptions } from './diff-pool.js';

/** What {@link denseMincutPool} gives. */
export interface MincutPooled {
  /** float32 [batch, clusters, width] */
  readonly x: tf.Tensor;
  /** float32 [batch, clusters, clusters]: without self loops, symmetrically normalised. */
  readonly adj: tf.Tensor;
  /** Scalar: few edges between clusters. */
  readonly mincutLoss: tf.Tensor;
  /** Scalar: clusters apart and equally large. */
  readonly orthogonalityLoss: tf.Tensor;
}

/**
 * MinCut pooling (Bianchi et al. 2019, arXiv:1907.00481) of graphs of at most 5,000 nodes.
 *
 * @param x float32 [batch, nodes, width], or without the batch axis, as all others
 * @param adj float32 [batch, nodes, nodes]
 * @param s float32 [batch, nodes, clusters]: logits of the assignment of nodes to clusters
 * @param options.temperature divides the logits. Default 1.
 */
export function denseMincutPool(
  x: tf.Tensor,
  adj: tf.Tensor,
  s: tf.Tensor,
  options: DensePoolOptions & { readonly temperature?: number } = {},
): MincutPooled {
  const { mask = null, temperature = 1 } = options;
  check(temperature > 0, () => `denseMincutPool: temperature must be positive, got ${temperature}`);
  return scope(() => {
    const graphs = denseGraphs('denseMincutPool', x, adj);
    const given = logits('denseMincutPool', s, graphs);
    const pooled = assign('denseMincutPool', graphs, tf.softmax(tf.div(given, temperature)), mask);
    // trace of Sᵀ D S for a diagonal D: every assignment's square counts by the node's degree
    const degree = tf.sum(graphs.adj, -1, true);
    const volume = tf.sum(tf.mul(tf.square(pooled.s), degree), [1, 2]);
    return {
      x: pooled.x,
      adj: normalisedAdjacency(pooled.adj),
      mincutLoss: tf.neg(tf.mean(tf.div(trace(pooled.adj), volume))),
      orthogonalityLoss: orthogonalityLoss(pooled.s),
    };
  });
}
