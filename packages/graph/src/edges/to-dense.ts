import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, scope, type functional } from '@hourglass/core';
import type { EdgeIndex } from './edge-index.js';

/** Dense matrices of graphs with more nodes are refused. */
export const maxDenseNodes = 5000;

export interface ToDenseAdjacencyOptions {
  /** float32 [edges] or [edges, width]; duplicates are added up. Default: ones. */
  readonly edgeAttr?: tf.Tensor | null;
  /** Which graph each node belongs to. Default: all to one. */
  readonly batch?: functional.Segments | null;
  /** Default: as many as the largest graph has. */
  readonly nodes?: number;
}

/**
 * Adjacency matrices: entry [b, i, j] is for edges from node i to node j of graph b, nodes counted within their graph.
 *
 * @returns float32 [graphs, nodes, nodes] or [graphs, nodes, nodes, width], differentiable in the attributes
 * @throws InvalidArgumentError for more than 5,000 nodes a graph, or an edge between graphs
 */
export function toDenseAdjacency(edges: EdgeIndex, options: ToDenseAdjacencyOptions = {}): tf.Tensor {
  const { edgeAttr = null, batch = null } = options;
  const graphs = batch?.size ?? 1;
  const graphOf = batch?.values.ids ?? new Int32Array(edges.nodes);
  const { place, most } = placesInGraphs(graphOf, graphs);
  const { nodes = most } = options;
  check(
    nodes <= maxDenseNodes,
    () => `toDenseAdjacency: ${nodes} nodes; a dense matrix of more than ${maxDenseNodes} takes too much memory`,
  );
  check(nodes >= most, () => `toDenseAdjacency: ${nodes} nodes are too few for a graph of ${most}`);
  const { source, destination } = edges;
  const entry = source.map((from, e) => {
    const [to, graph] = [destination[e]!, graphOf[from]!];
    check(graphOf[to] === graph, () => `toDenseAdjacency: edge ${e} leads from one graph of the batch to another`);
    return (graph * nodes + place[from]!) * nodes + place[to]!;
  });
  return scope(() => {
    const values = edgeAttr ?? tf.ones([edges.edges]);
    check(
      values.rank > 0 && values.shape[0] === edges.edges,
      () => `toDenseAdjacency: edgeAttr must be [${edges.edges}, …], got [${values.shape.join(', ')}]`,
    );
    const rest = values.shape.slice(1);
    const flat = tf.reshape(values, [edges.edges, tf.util.sizeFromShape(rest)]);
    const sums = tf.unsortedSegmentSum(flat, tf.tensor1d(entry, 'int32'), graphs * nodes * nodes);
    return tf.reshape(sums, [graphs, nodes, nodes, ...rest]);
  });
}

/** What {@link toDenseBatch} gives. */
export interface DenseBatch {
  /** [graphs, nodes, …] */
  readonly x: tf.Tensor;
  /** bool [graphs, nodes]: true where there is a node. */
  readonly mask: tf.Tensor;
}

/**
 * The rows of each segment one after another, in their own order, filled up to the length of the longest.
 *
 * @param x [segments.count, …]
 * @param options.nodes length of each. Default: that of the longest; rows beyond it are left out.
 * @param options.fill what is put where there is none. Default 0.
 */
export function toDenseBatch(
  x: tf.Tensor,
  segments: functional.Segments,
  options: { readonly nodes?: number; readonly fill?: number } = {},
): DenseBatch {
  check(
    x.rank > 0 && x.shape[0] === segments.count,
    () => `toDenseBatch: x must be [${segments.count}, …], a row for each id, got [${x.shape.join(', ')}]`,
  );
  const { fill = 0 } = options;
  const { pointer, order } = segments.values;
  const { most } = placesInGraphs(segments.values.ids, segments.size);
  const { nodes = most } = options;
  checkCount('toDenseBatch: nodes', nodes, 0);
  const row = new Int32Array(segments.size * nodes).fill(segments.count);
  const mask = new Uint8Array(row.length);
  for (let s = 0; s < segments.size; s++) {
    const rows = order.subarray(pointer[s]!, pointer[s + 1]!).subarray(0, nodes);
    row.set(rows, s * nodes);
    mask.fill(1, s * nodes, s * nodes + rows.length);
  }
  return scope(() => {
    const rest = x.shape.slice(1);
    const filled = tf.concat([x, tf.fill([1, ...rest], fill, x.dtype as 'float32')]);
    return {
      x: tf.reshape(tf.gather(filled, row), [segments.size, nodes, ...rest]),
      mask: tf.tensor(mask, [segments.size, nodes], 'bool'),
    };
  });
}

/** The place of each node among those of its graph, and the size of the largest graph. */
function placesInGraphs(graphOf: Int32Array, graphs: number): { place: Int32Array; most: number } {
  const count = new Int32Array(graphs);
  const place = graphOf.map((graph) => count[graph]!++);
  return { place, most: count.reduce((a, b) => Math.max(a, b), 0) };
}
