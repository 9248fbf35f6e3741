/**
 * Edge numbers ordered by `first` and, among equals, by `second`; edges with the same ends keep their order. Two counting sorts:
 * linear in edges and nodes.
 *
 * @param nodes both lists' numbers are below it
 */
export function edgeOrder(first: Int32Array, second: Int32Array, nodes: number): Int32Array {
  return sorted(first, nodes, sorted(second, nodes, null));
}

/** A stable counting sort of `order`, null for 0, 1, …, by `keys`. */
function sorted(keys: Int32Array, nodes: number, order: Int32Array | null): Int32Array {
  const next = new Int32Array(nodes + 1);
  for (let e = 0; e < keys.length; e++) next[keys[e]! + 1]!++;
  for (let node = 0; node < nodes; node++) next[node + 1]! += next[node]!;
  const result = new Int32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const edge = order === null ? i : order[i]!;
    result[next[keys[edge]!]!++] = edge;
  }
  return result;
}

/** How the edges of a graph lie, in numbers. */
export interface EdgeFacts {
  /** Edges from a node to itself. */
  readonly selfLoops: number;
  /** Edges between ends that an earlier edge has, in the same direction. */
  readonly duplicates: number;
  /** Edges u → v without an edge v → u of their own; of two u → v and one v → u one has none. */
  readonly withoutReverse: number;
  /** Number of one such edge, or -1. */
  readonly exampleWithoutReverse: number;
  /** Nodes that no edge touches. */
  readonly isolated: number;
}

/**
 * Numbers, rising, of the edges u → v beyond the number of edges v → u: of two u → v and one v → u it is one.
 */
export function edgesWithoutReverse(source: Int32Array, destination: Int32Array, nodes: number): Int32Array {
  return lonelyEdges(source, destination, edgeOrder(source, destination, nodes), nodes);
}

/** @param forward the edges by source and destination */
function lonelyEdges(source: Int32Array, destination: Int32Array, forward: Int32Array, nodes: number): Int32Array {
  const backward = edgeOrder(destination, source, nodes);
  const edges = source.length;
  const lonely = new Int32Array(edges);
  let count = 0;
  // both lists are sorted by the ends, the second with its ends exchanged
  for (let i = 0, j = 0; i < edges; i++) {
    const edge = forward[i]!;
    const [u, v] = [source[edge]!, destination[edge]!];
    let other = backward[j]!;
    while (j < edges && (destination[other]! < u || (destination[other] === u && source[other]! < v))) {
      other = backward[++j]!;
    }
    if (j < edges && destination[other] === u && source[other] === v) j++;
    else lonely[count++] = edge;
  }
  return lonely.slice(0, count).sort();
}

export function edgeFacts(source: Int32Array, destination: Int32Array, nodes: number): EdgeFacts {
  const order = edgeOrder(source, destination, nodes);
  const lonely = lonelyEdges(source, destination, order, nodes);
  let [selfLoops, duplicates] = [0, 0];
  const touched = new Uint8Array(nodes);
  for (let e = 0; e < source.length; e++) {
    if (source[e] === destination[e]) selfLoops++;
    touched[source[e]!] = touched[destination[e]!] = 1;
  }
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [order[i - 1]!, order[i]!];
    if (source[a] === source[b] && destination[a] === destination[b]) duplicates++;
  }
  const isolated = touched.reduce((count, isTouched) => count - isTouched, nodes);
  return { selfLoops, duplicates, withoutReverse: lonely.length, exampleWithoutReverse: lonely[0] ?? -1, isolated };
}
