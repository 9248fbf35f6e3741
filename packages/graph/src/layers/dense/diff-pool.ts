import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { assign } from './assignment.js';
import { denseGraphs, type DenseGraphs } from './dense.js';

/** What {@link denseDiffPool} gives. */
export interface DiffPooled {
  /** float32 [batch, clusters, width] */
  readonly x: tf.Tensor;
  /** float32 [batch, clusters, clusters] */
  readonly adj: tf.Tensor;
  /** Scalar: neighbours should be in one cluster. */
  readonly linkLoss: tf.Tensor;
  /** Scalar: a node should be in one cluster only. */
  readonly entropyLoss: tf.Tensor;
}

export interface DensePoolOptions {
  /** bool [batch, nodes]: where there is a node. Default: everywhere. */
  readonly mask?: tf.Tensor | null;
}

/**
 * Differentiable pooling (Ying et al. 2018, arXiv:1806.08804) of graphs of at most 5,000 nodes.
 *
 * @param x float32 [batch, nodes, width], or without the batch axis, as all others
 * @param adj float32 [batch, nodes, nodes]
 * @param s float32 [batch, nodes, clusters]: logits of the assignment of nodes to clusters
 * @param options.normalize divides the link loss by the size of the adjacency matrices. Default true.
 */
export function denseDiffPool(
  x: tf.Tensor,
  adj: tf.Tensor,
  s: tf.Tensor,
  options: DensePoolOptions & { readonly normalize?: boolean } = {},
): DiffPooled {
  const { mask = null, normalize = true } = options;
  return scope(() => {
    const graphs = denseGraphs('denseDiffPool', x, adj);
    const pooled = assign('denseDiffPool', graphs, tf.softmax(logits('denseDiffPool', s, graphs)), mask);
    const link = functional.vectorNorm(tf.sub(graphs.adj, tf.matMul(pooled.s, pooled.s, false, true)));
    const entropy = tf.sum(tf.mul(tf.neg(pooled.s), tf.log(tf.add(pooled.s, 1e-15))), -1);
    return {
      x: pooled.x,
      adj: pooled.adj,
      linkLoss: normalize ? tf.div(link, graphs.adj.size) : link,
      entropyLoss: tf.mean(entropy),
    };
  });
}

/** Assignment logits as [batch, nodes, clusters]. */
export function logits(what: string, s: tf.Tensor, { x }: DenseGraphs): tf.Tensor {
  const batched: tf.Tensor = s.rank === 2 ? tf.expandDims(s, 0) : s;
  check(
    batched.rank === 3 && batched.shape[0] === x.shape[0] && batched.shape[1] === x.shape[1] && batched.shape[2]! > 0,
    () => `${what}: assignments must be [${x.shape[0]}, ${x.shape[1]}, clusters], got [${s.shape.join(', ')}]`,
  );
  return batched;
}
