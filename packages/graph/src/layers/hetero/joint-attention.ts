import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';

/** Edges of one type with what they carry to the nodes that they share with other types. */
export interface ScoredEdges {
  readonly edges: EdgeIndex;
  /** float32 [edges, heads] */
  readonly scores: tf.Tensor;
  /** float32 [sources, heads, width] */
  readonly values: tf.Tensor;
}

/**
 * Attention of each node over its edges of all types together, without putting their lists into one. For use inside a scope.
 *
 * @param types one at least, all leading to the same nodes
 * @returns float32 [destinations, heads, width]; zeros where no edge leads
 */
export function jointAttention(types: readonly ScoredEdges[]): tf.Tensor {
  const largest = functional.stopGradient(types.map(largestScores).reduce((a, b) => tf.maximum(a, b)));
  const sums = types.map(({ edges, scores, values }) => {
    const weights = tf.exp(tf.sub(scores, functional.segmentGather(largest, edges.incoming)));
    return {
      total: functional.segmentSum(weights, edges.incoming),
      weighted: functional.spmm(edges.adjacency, weights, values),
    };
  });
  const total = sums.map(({ total }) => total).reduce((a, b) => tf.add(a, b));
  const weighted = sums.map(({ weighted }) => weighted).reduce((a, b) => tf.add(a, b));
  // a node that no edge leads to has a sum of zeros
  const divisor = tf.where(tf.equal(total, 0), tf.onesLike(total), total);
  return tf.div(weighted, tf.expandDims(divisor, -1));
}

/** [destinations, heads]; far below every score where no edge leads. */
function largestScores({ edges, scores }: ScoredEdges): tf.Tensor {
  const largest = functional.segmentMax(scores, edges.incoming);
  const { pointer, size } = edges.incoming;
  const reached = tf.expandDims(tf.greater(tf.slice(pointer, 1), tf.slice(pointer, 0, size)), 1);
  return tf.where(tf.broadcastTo(reached, largest.shape), largest, tf.fill(largest.shape, -1e30));
}
