import type { GraphData } from '../graph.js';
import { isSparse, type Rows } from '../rows.js';

/** Divides each node's features by the sum of their magnitudes, as citation graphs are prepared; a row of zeros stays. */
export function normalizeFeatures(graph: GraphData): GraphData {
  const { x } = graph;
  return x === null ? graph : graph.with({ x: normalizedRows(x), featureNames: graph.featureNames });
}

function normalizedRows(rows: Rows): Rows {
  if (!isSparse(rows)) {
    const values = rows.values.slice();
    for (let from = 0; from < values.length; from += rows.width) scale(values, from, from + rows.width);
    return { ...rows, values };
  }
  const values = rows.values?.slice() ?? new Float32Array(rows.columns.length).fill(1);
  for (let row = 0; row + 1 < rows.pointer.length; row++) scale(values, rows.pointer[row]!, rows.pointer[row + 1]!);
  return { ...rows, values };
}

function scale(values: Float32Array, from: number, to: number): void {
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.abs(values[i]!);
  if (sum > 0) for (let i = from; i < to; i++) values[i]! /= sum;
}
