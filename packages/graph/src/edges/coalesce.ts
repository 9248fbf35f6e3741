import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { namedAggregation, type AggregationName } from '../layers/aggregation/by-name.js';
import { edgeOrder } from '../data/edge-order.js';
import { EdgeIndex, type Disposable } from './edge-index.js';

/** Edges each of which stands for some of a first list, and how values of those become values of these. */
export class MergedEdges implements Disposable {
  /** Sorted by source, then by destination; no pair of ends twice. */
  readonly edges: EdgeIndex;
  /** The edge that each of the first list became part of. */
  readonly groups: functional.Segments;
  readonly #reversed: boolean;

  /** @internal use {@link coalesce} or {@link toUndirected} */
  constructor(
    readonly from: EdgeIndex,
    reversed: boolean,
  ) {
    const ends = reversed
      ? ([joined(from.source, from.destination), joined(from.destination, from.source)] as const)
      : ([from.source, from.destination] as const);
    const { source, destination, group } = merged(ends, Math.max(from.sources, from.destinations));
    this.edges = new EdgeIndex([source, destination], [from.sources, from.destinations]);
    this.groups = new functional.Segments(group, source.length);
    this.#reversed = reversed;
  }

  /**
   * Weights or attributes of the edges.
   *
   * @param values float32 [edges of the first list, …]
   * @param reduce what makes one value of those of edges that became one. Default their sum.
   * @returns float32 [edges of this list, …], differentiable
   */
  merge(values: tf.Tensor, reduce: AggregationName = 'sum'): tf.Tensor {
    check(
      values.rank > 0 && values.shape[0] === this.from.edges,
      () => `values of edges must be [${this.from.edges}, …], a row for each edge, got [${values.shape.join(', ')}]`,
    );
    return scope(() =>
      namedAggregation(reduce).forward(this.#reversed ? tf.concat([values, values]) : values, this.groups),
    );
  }

  dispose(): void {
    this.edges.dispose();
    this.groups.dispose();
  }
}

/** Edges in order, each pair of ends once. Kept with the edges. */
export function coalesce(edges: EdgeIndex): MergedEdges {
  return edges.derived('coalesced', () => new MergedEdges(edges, false));
}

/** Every edge in both directions, in order, each pair of ends once. Kept with the edges. */
export function toUndirected(edges: EdgeIndex): MergedEdges {
  return edges.derived('undirected', () => {
    check(edges.sources === edges.destinations, 'toUndirected: a bipartite graph has no edges back');
    return new MergedEdges(edges, true);
  });
}

function joined(a: Int32Array, b: Int32Array): Int32Array {
  const both = new Int32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Ends of the distinct edges, sorted, and which of them each edge is. */
function merged(
  [source, destination]: readonly [Int32Array, Int32Array],
  nodes: number,
): { source: Int32Array; destination: Int32Array; group: Int32Array } {
  const group = new Int32Array(source.length);
  // the first edge of each pair of ends
  const first = new Int32Array(source.length);
  let count = 0;
  let last = -1;
  for (const edge of edgeOrder(source, destination, nodes)) {
    if (last === -1 || source[edge] !== source[last] || destination[edge] !== destination[last]) first[count++] = edge;
    group[edge] = count - 1;
    last = edge;
  }
  const kept = first.slice(0, count);
  return {
    source: kept.map((edge) => source[edge]!),
    destination: kept.map((edge) => destination[edge]!),
    group,
  };
}
