import { check, defaultGenerator, type Generator } from '@hourglass/core';
import type { EdgeEnds } from '../edge-lists.js';
import type { GraphData } from '../graph.js';
import { EdgeSet } from './edge-set.js';

export interface NegativeSamplingOptions {
  /** How many. Default: as many as there are edges. */
  readonly count?: number;
  /** Whether u – v and v – u are the same: then neither is an edge, and each pair comes once, smaller node first. Default false. */
  readonly undirected?: boolean;
  readonly generator?: Generator;
}

/** Below this many pairs all that are no edges can be listed. */
const listable = 1e7;

/**
 * Pairs of different nodes without an edge between them, no pair twice, every one equally likely.
 *
 * @returns [sources, destinations]
 * @throws InvalidArgumentError when there are not so many
 */
export function negativeSampling(graph: GraphData, options: NegativeSamplingOptions = {}): EdgeEnds {
  const { numNodes, edgeIndex, numEdges } = graph;
  const { count = numEdges, undirected = false, generator = defaultGenerator() } = options;
  check(Number.isInteger(count) && count >= 0, () => `negativeSampling: count must be a natural number, got ${count}`);
  const edges = new EdgeSet(edgeIndex, numNodes);
  const isEdge = (u: number, v: number): boolean => edges.has(u, v) || (undirected && edges.has(v, u));
  const pairs = (numNodes * (numNodes - 1)) / (undirected ? 2 : 1);
  if (pairs <= listable && count > pairs / 4) return ofAll(numNodes, count, undirected, isEdge, generator);
  let taken = 0;
  for (let node = 0; node < numNodes; node++) taken += edges.others(node);
  check(count <= pairs - taken, () => tooFew(count, pairs - taken));
  const ends: EdgeEnds = [new Int32Array(count), new Int32Array(count)];
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const [a, b] = [generator.integer(0, numNodes), generator.integer(0, numNodes)];
    const [u, v] = undirected && a > b ? [b, a] : [a, b];
    const key = u * numNodes + v;
    if (u === v || isEdge(u, v) || drawn.has(key)) continue;
    ends[0][drawn.size] = u;
    ends[1][drawn.size] = v;
    drawn.add(key);
  }
  return ends;
}

function tooFew(count: number, found: number): string {
  return `negativeSampling: ${count} pairs without an edge are asked for, there are ${found}`;
}

/** Of a dense graph: draws from the list of all pairs without an edge. */
function ofAll(
  numNodes: number,
  count: number,
  undirected: boolean,
  isEdge: (u: number, v: number) => boolean,
  generator: Generator,
): EdgeEnds {
  const free: [number[], number[]] = [[], []];
  for (let u = 0; u < numNodes; u++) {
    for (let v = undirected ? u + 1 : 0; v < numNodes; v++) {
      if (u === v || isEdge(u, v)) continue;
      free[0].push(u);
      free[1].push(v);
    }
  }
  check(count <= free[0].length, () => tooFew(count, free[0].length));
  const order = generator.permutation(free[0].length).subarray(0, count);
  return [Int32Array.from(order, (i) => free[0][i]!), Int32Array.from(order, (i) => free[1][i]!)];
}

/**
 * For each edge u → v a node w, other than u, to which u has no edge: what v is compared with.
 *
 * @returns [edges]
 * @throws InvalidArgumentError naming a node that has edges to all others
 */
export function structuredNegativeSampling(graph: GraphData, generator: Generator = defaultGenerator()): Int32Array {
  const { numNodes, edgeIndex } = graph;
  const edges = new EdgeSet(edgeIndex, numNodes);
  const free = new Int32Array(numNodes).fill(-1);
  return edgeIndex[0].map((u) => {
    if (free[u] === -1) free[u] = numNodes - 1 - edges.others(u);
    check(free[u]! > 0, () => `structuredNegativeSampling: node ${u} has edges to all other nodes`);
    for (;;) {
      const w = generator.integer(0, numNodes);
      if (w !== u && !edges.has(u, w)) return w;
    }
  });
}
