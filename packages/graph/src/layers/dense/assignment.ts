import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import { maskColumn, withDiagonal, type DenseGraphs } from './dense.js';

/*
 * What dense pooling layers share: nodes belong to each cluster to a degree, S [batch, nodes, clusters]. For use inside a scope.
 */

/** Features and adjacency of the clusters, and the assignments without rows of padding. */
export interface Assigned {
  /** float32 [batch, clusters, width]: Sᵀ X */
  readonly x: tf.Tensor;
  /** float32 [batch, clusters, clusters]: Sᵀ A S */
  readonly adj: tf.Tensor;
  /** float32 [batch, nodes, clusters] */
  readonly s: tf.Tensor;
}

/** @param s float32 [batch, nodes, clusters], rows that add up to 1 */
export function assign(what: string, graphs: DenseGraphs, s: tf.Tensor, mask: tf.Tensor | null): Assigned {
  const column = mask === null ? null : maskColumn(what, mask, graphs);
  const real = (t: tf.Tensor): tf.Tensor => (column === null ? t : tf.mul(t, column));
  const own = real(s);
  return {
    x: tf.matMul(own, real(graphs.x), true, false),
    adj: tf.matMul(own, tf.matMul(graphs.adj, own), true, false),
    s: own,
  };
}

/** Sum of the diagonal of each matrix: [batch, n, n] to [batch]. */
export function trace(matrices: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(matrices, tf.eye(matrices.shape[1]!)), [1, 2]);
}

/** How far clusters are from being orthogonal and equally large: a scalar. */
export function orthogonalityLoss(s: tf.Tensor): tf.Tensor {
  const clusters = s.shape[2]!;
  const overlap = tf.matMul(s, s, true, false);
  const scaled = tf.div(overlap, functional.vectorNorm(overlap, { dims: [1, 2], keepDim: true }));
  const ideal = tf.div(tf.eye(clusters), Math.sqrt(clusters));
  return tf.mean(functional.vectorNorm(tf.sub(scaled, ideal), { dims: [1, 2] }));
}

/** Adjacency of clusters without self loops, symmetrically normalised; zeros for clusters without neighbours. */
export function normalisedAdjacency(adj: tf.Tensor): tf.Tensor {
  const bare = withDiagonal(adj, 0);
  const degree = tf.sum(bare, -1);
  const alone = tf.equal(degree, 0);
  // safe where the degree is zero, also in the gradient
  const scale = tf.where(alone, tf.zerosLike(degree), tf.rsqrt(tf.where(alone, tf.onesLike(degree), degree)));
  return tf.mul(tf.mul(bare, tf.expandDims(scale, 1)), tf.expandDims(scale, 2));
}
