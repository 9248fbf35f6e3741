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

export function edgeFacts(source: Int32Array, destination: Int32Array, nodes: number): EdgeFacts {
  const edges = source.length;
  const forward = edgeOrder(source, destination, nodes);
  const backward = edgeOrder(destination, source, nodes);
  let [selfLoops, duplicates, withoutReverse, exampleWithoutReverse] = [0, 0, 0, -1];
  const touched = new Uint8Array(nodes);
  for (let e = 0; e < edges; e++) {
    if (source[e] === destination[e]) selfLoops++;
    touched[source[e]!] = touched[destination[e]!] = 1;
  }
  for (let i = 1; i < edges; i++) {
    const [a, b] = [forward[i - 1]!, forward[i]!];
    if (source[a] === source[b] && destination[a] === destination[b]) duplicates++;
  }
  // both lists are sorted by the ends, the second with its ends exchanged
  for (let i = 0, j = 0; i < edges; i++) {
    const edge = forward[i]!;
    const isBefore = (other: number): boolean =>
      destination[other]! < source[edge]! ||
      (destination[other] === source[edge] && source[other]! < destination[edge]!);
    while (j < edges && isBefore(backward[j]!)) j++;
    const other = j < edges ? backward[j]! : -1;
    if (other >= 0 && destination[other] === source[edge] && source[other] === destination[edge]) j++;
    else {
      withoutReverse++;
      exampleWithoutReverse = edge;
    }
  }
  const isolated = touched.reduce((count, isTouched) => count - isTouched, nodes);
  return { selfLoops, duplicates, withoutReverse, exampleWithoutReverse, isolated };
}
