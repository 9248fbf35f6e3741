import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import type { EdgeIndex } from './edge-index.js';
import type { WeightedEdges } from './gcn-norm.js';
import { removeSelfLoops, replaceSelfLoops } from './self-loops.js';

/** L = D - A; `sym`: I - D^-1/2 A D^-1/2; `rw`: I - D^-1 A. D is the sum of the weights of the edges that start at a node. */
export type LaplacianNorm = 'sym' | 'rw' | null;

/**
 * The graph Laplacian as a list of its entries: the edges without loops, then the diagonal. Loops that were there do not count.
 *
 * @param weight float32 [edges], differentiable; null for ones
 * @returns edges that live as long as those it is made of, and entries [edges], which belong to the surrounding scope
 */
export function laplacian(
  edges: EdgeIndex,
  weight: tf.Tensor | null,
  normalization: LaplacianNorm = null,
): WeightedEdges {
  check(
    weight === null || (weight.rank === 1 && weight.shape[0] === edges.edges),
    () => `laplacian: weight must be [${edges.edges}], one for each edge, got [${weight!.shape.join(', ')}]`,
  );
  check(
    normalization === null || normalization === 'sym' || normalization === 'rw',
    () => `laplacian: normalization must be null, 'sym' or 'rw', got '${String(normalization)}'`,
  );
  const bare = removeSelfLoops(edges);
  return {
    edges: replaceSelfLoops(edges).edges,
    weight: scope(() => {
      const own = bare.carry(weight ?? tf.ones([edges.edges]), 0);
      const { outgoing, incoming } = bare.edges;
      const degree = functional.segmentSum(own, outgoing);
      if (normalization === null) return tf.concat([tf.neg(own), degree]);
      const from = functional.segmentGather(inversePower(degree, normalization === 'sym' ? 0.5 : 1), outgoing);
      const scaled = tf.mul(from, own);
      const entries =
        normalization === 'rw' ? scaled : tf.mul(scaled, functional.segmentGather(inversePower(degree, 0.5), incoming));
      return tf.concat([tf.neg(entries), tf.ones([edges.nodes])]);
    }),
  };
}

/** x^-power; 0 where x is 0, also in the gradient. */
function inversePower(x: tf.Tensor, power: number): tf.Tensor {
  const none = tf.equal(x, 0);
  const safe = tf.where(none, tf.onesLike(x), x);
  return tf.where(none, tf.zerosLike(x), power === 1 ? tf.reciprocal(safe) : tf.pow(safe, -power));
}
