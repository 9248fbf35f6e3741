import type { GraphData } from '../data/graph.js';

/** Of each node the edges that lead to it, as compressed rows. Plain arrays: threads share them. */
export interface NeighborLists {
  readonly nodes: number;
  /** [nodes + 1]: node v has the places pointer[v] … pointer[v + 1] - 1. */
  readonly pointer: Int32Array;
  /** [edges]: the node at which each edge starts. */
  readonly source: Int32Array;
  /** [edges]: the number of each edge in the graph. */
  readonly edge: Int32Array;
}

/** Made once for a graph and kept as long as it is. */
const kept = new WeakMap<GraphData, NeighborLists>();

/** @param shared in arrays that threads can look into, instead of copies for each */
export function neighborLists(graph: GraphData, shared: boolean): NeighborLists {
  const known = kept.get(graph);
  // the other way round, shared arrays do as well
  if (known !== undefined && (!shared || known.source.buffer instanceof SharedArrayBuffer)) return known;
  const lists = makeLists(graph, shared);
  kept.set(graph, lists);
  return lists;
}

function makeLists({ edgeIndex, numNodes, numEdges }: GraphData, shared: boolean): NeighborLists {
  const make = (length: number): Int32Array =>
    shared ? new Int32Array(new SharedArrayBuffer(4 * length)) : new Int32Array(length);
  const [from, to] = edgeIndex;
  const pointer = make(numNodes + 1);
  for (let e = 0; e < numEdges; e++) pointer[to[e]! + 1]!++;
  for (let node = 0; node < numNodes; node++) pointer[node + 1]! += pointer[node]!;
  const next = pointer.slice(0, numNodes);
  const [source, edge] = [make(numEdges), make(numEdges)];
  for (let e = 0; e < numEdges; e++) {
    const place = next[to[e]!]!++;
    source[place] = from[e]!;
    edge[place] = e;
  }
  return { nodes: numNodes, pointer, source, edge };
}
