import * as tf from '@tensorflow/tfjs-core';
import { functional, scope } from '@hourglass/core';
import type { Disposable, EdgeIndex } from '../edges/index.js';
import { MeanAggregation, SumAggregation, type Aggregation } from './aggregation/index.js';
import { atSources } from './message-passing.js';

/** True of sums and means: a linear map may then stand before or behind them, wherever rows are narrower. */
export function isLinear(aggregation: Aggregation): boolean {
  return aggregation instanceof SumAggregation || aggregation instanceof MeanAggregation;
}

/**
 * What reaches each node from the nodes that edges lead from, times the edges' weights. Sums and means are sparse products, which
 * need no memory for messages.
 *
 * @param x float32 [sources, …features]
 * @param weight float32 [edges]; for sums and means also [edges, heads] with x [sources, heads, …]; null for ones
 * @returns float32 [destinations, …features]; what the aggregation gives for no rows where no edge leads
 */
export function propagate(
  aggregation: Aggregation,
  x: tf.Tensor,
  edges: EdgeIndex,
  weight: tf.Tensor | null = null,
): tf.Tensor {
  return scope(() => {
    if (!isLinear(aggregation)) return aggregation.forward(messages(x, edges, weight), edges.incoming);
    const sum = functional.spmm(edges.adjacency, weight, x);
    return aggregation instanceof MeanAggregation ? tf.mul(sum, perRow(inverseDegree(edges), sum.rank)) : sum;
  });
}

/** The features of each edge's source, times the edge's weight: [edges, …features]. For use inside a scope. */
export function messages(x: tf.Tensor, edges: EdgeIndex, weight: tf.Tensor | null): tf.Tensor {
  const rows = atSources(x, edges);
  return weight === null ? rows : tf.mul(rows, perRow(weight, x.rank));
}

/** Values [rows] as [rows, 1, …] of this rank. */
export function perRow(values: tf.Tensor, rank: number): tf.Tensor {
  return tf.reshape(values, [values.shape[0]!, ...Array.from({ length: rank - 1 }, () => 1)]);
}

interface KeptDegrees extends Disposable {
  readonly values: tf.Tensor1D;
}

/** 1 / number of edges that lead to each node, 0 where none does: float32 [destinations]. Kept with the edges; do not dispose it. */
export function inverseDegree(edges: EdgeIndex): tf.Tensor1D {
  const make = (): KeptDegrees => {
    const { pointer } = edges.incoming.values;
    const inverse = Float32Array.from({ length: edges.destinations }, (_, node) => {
      const degree = pointer[node + 1]! - pointer[node]!;
      return degree === 0 ? 0 : 1 / degree;
    });
    const values = tf.keep(tf.tensor1d(inverse));
    return { values, dispose: () => values.dispose() };
  };
  return edges.derived('inverse degree', make).values;
}
