import * as tf from '@tensorflow/tfjs-core';
import { functional, scope } from '@hourglass/core';
import { rowCounts } from '../edges/degree.js';
import { keptTensor, type EdgeIndex } from '../edges/index.js';
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
 * @param weight float32 [edges], or [edges, heads] for x [sources, heads, …features]; null for ones
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

/** Values [rows] or [rows, heads] with ones behind, to this rank. */
export function perRow(values: tf.Tensor, rank: number): tf.Tensor {
  return tf.reshape(values, [...values.shape, ...Array.from({ length: rank - values.rank }, () => 1)]);
}

/** 1 / number of edges that lead to each node, 0 where none does: float32 [destinations]. Kept with the edges; do not dispose it. */
export function inverseDegree(edges: EdgeIndex): tf.Tensor {
  return keptTensor(edges, 'inverse degree', () => {
    const degrees = inDegrees(edges);
    return tf.tensor1d(Float32Array.from(degrees, (degree) => (degree === 0 ? 0 : 1 / degree)));
  });
}

/** Number of edges that lead to each node: [destinations]. */
export function inDegrees(edges: EdgeIndex): Int32Array {
  return rowCounts(edges.incoming);
}

/**
 * A linear map of what an operation that is linear in its columns makes of x. The map comes first where it makes x narrower; the
 * result is the same.
 *
 * @param weight float32 [in, out]
 * @param bias float32 [out], or null
 * @param operate x's rows to other rows, each column by itself
 */
export function mapNarrowly(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null,
  operate: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const [inputs, outputs] = weight.shape as [number, number];
  return scope(() => {
    if (inputs <= outputs) return functional.linear(operate(x), weight, bias);
    const y = operate(functional.linear(x, weight));
    return bias === null ? y : tf.add(y, bias);
  });
}
