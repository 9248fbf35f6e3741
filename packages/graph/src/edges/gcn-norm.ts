import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { rowCounts } from './degree.js';
import { addRemainingSelfLoops } from './self-loops.js';
import type { EdgeIndex } from './edge-index.js';
import { keptTensor } from './kept-tensor.js';

export interface GcnNormOptions {
  /** Added self loops weigh 2 instead of 1. As in PyTorch Geometric only where there are weights. Default false. */
  readonly improved?: boolean;
  /** Adds a self loop to each node that has none. Default true. */
  readonly addSelfLoops?: boolean;
}

/** Edges with a weight each; `weight` is freed by whoever made it, unless it is kept with the edges. */
export interface WeightedEdges {
  readonly edges: EdgeIndex;
  /** float32 [edges] */
  readonly weight: tf.Tensor;
}

/**
 * Symmetric normalisation, D^-1/2 (A + I) D^-1/2 with D the sum of the weights that lead to a node (Kipf and Welling 2016,
 * arXiv:1609.02907). Without weights the result is computed once and kept with the edges; do not dispose it.
 *
 * @param weight float32 [edges], differentiable; null for ones
 */
export function gcnNorm(edges: EdgeIndex, weight: tf.Tensor | null, options: GcnNormOptions = {}): WeightedEdges {
  const { improved = false, addSelfLoops = true } = options;
  const looped = addSelfLoops ? addRemainingSelfLoops(edges) : null;
  const target = looped?.edges ?? edges;
  if (weight === null) {
    return { edges: target, weight: keptTensor(target, 'gcn-norm of ones', () => normalisedOnes(target)) };
  }
  check(
    weight.rank === 1 && weight.shape[0] === edges.edges,
    () => `gcnNorm: weight must be [${edges.edges}], one for each edge, got [${weight.shape.join(', ')}]`,
  );
  return {
    edges: target,
    weight: scope(() => {
      const full = looped === null ? weight : looped.carry(weight, improved ? 2 : 1);
      const degree = functional.segmentSum(full, target.incoming);
      const isolated = tf.equal(degree, 0);
      // safe where the degree is zero, also in the gradient
      const scale = tf.where(isolated, tf.zerosLike(degree), tf.rsqrt(tf.where(isolated, tf.onesLike(degree), degree)));
      const of = (ends: functional.Segments): tf.Tensor => functional.segmentGather(scale, ends);
      return tf.mul(tf.mul(of(target.outgoing), full), of(target.incoming));
    }),
  };
}

function normalisedOnes({ source, destination, incoming }: EdgeIndex): tf.Tensor {
  const scale = Float64Array.from(rowCounts(incoming), (degree) => (degree === 0 ? 0 : 1 / Math.sqrt(degree)));
  const weights = new Float32Array(source.length);
  for (let e = 0; e < weights.length; e++) weights[e] = scale[source[e]!]! * scale[destination[e]!]!;
  return tf.tensor1d(weights);
}
