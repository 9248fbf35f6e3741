import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import type { EdgeIndex } from './edge-index.js';
import type { WeightedEdges } from './gcn-norm.js';
import { keptTensor } from './kept-tensor.js';
import { removeSelfLoops, replaceSelfLoops } from './self-loops.js';

/** Symmetric, I - D^-1/2 A D^-1/2; of the random walk, I - D^-1 A; or none, D - A. */
export type LaplacianNormalization = 'sym' | 'rw' | null;

/**
 * The graph's Laplacian as weights of the edges, with a self loop for each node in place of those that were there. Degrees are sums
 * over the edges that start at a node. Without weights the result is computed once and kept with the edges; do not dispose it.
 *
 * @param weight float32 [edges], differentiable; null for ones
 */
export function laplacian(
  edges: EdgeIndex,
  weight: tf.Tensor | null,
  normalization: LaplacianNormalization = null,
): WeightedEdges {
  const bare = removeSelfLoops(edges);
  const looped = replaceSelfLoops(edges);
  if (weight === null) {
    const make = (): tf.Tensor => weigh(bare.edges, tf.ones([bare.edges.edges]), normalization);
    return { edges: looped.edges, weight: keptTensor(edges, `laplacian ${normalization}`, make) };
  }
  check(
    weight.rank === 1 && weight.shape[0] === edges.edges,
    () => `laplacian: weight must be [${edges.edges}], one for each edge, got [${weight.shape.join(', ')}]`,
  );
  return { edges: looped.edges, weight: scope(() => weigh(bare.edges, bare.carry(weight, 0), normalization)) };
}

/** Weights of the edges without self loops, and behind them of a self loop for each node. */
function weigh({ nodes, incoming, outgoing }: EdgeIndex, weight: tf.Tensor, kind: LaplacianNormalization): tf.Tensor {
  const degree = functional.segmentSum(weight, outgoing);
  if (kind === null) return tf.concat([tf.neg(weight), degree]);
  const isolated = tf.equal(degree, 0);
  // safe where the degree is zero, also in the gradient
  const divisor = tf.where(isolated, tf.onesLike(degree), degree);
  const inverse = kind === 'sym' ? tf.rsqrt(divisor) : tf.reciprocal(divisor);
  const scale = tf.where(isolated, tf.zerosLike(degree), inverse);
  const rows = tf.mul(functional.segmentGather(scale, outgoing), weight);
  const scaled = kind === 'sym' ? tf.mul(rows, functional.segmentGather(scale, incoming)) : rows;
  return tf.concat([tf.neg(scaled), tf.ones([nodes])]);
}
