import { check, checkCount, defaultGenerator, type Generator } from '@hourglass/core';
import { EdgeSet } from '../../sampling/edge-set.js';
import { drawPairs } from '../../sampling/negative-pairs.js';
import type { EdgeEnds } from '../edge-lists.js';
import type { GraphData } from '../graph.js';

export interface NegativeSamplingOptions {
  /** How many. Default: as many as there are edges. */
  readonly count?: number;
  /** Whether u – v and v – u are the same: then neither is an edge, and each pair comes once, smaller node first. Default false. */
  readonly undirected?: boolean;
  readonly generator?: Generator;
}

/**
 * Pairs of different nodes without an edge between them, no pair twice, every one equally likely.
 *
 * @returns [sources, destinations]
 * @throws InvalidArgumentError when there are not so many
 */
export function negativeSampling(graph: GraphData, options: NegativeSamplingOptions = {}): EdgeEnds {
  const { count = graph.numEdges, undirected = false, generator = defaultGenerator() } = options;
  checkCount('negativeSampling: count', count, 0);
  const edges = new EdgeSet(graph.edgeIndex, graph.numNodes);
  const [from, to] = drawPairs(edges, count, { distinct: true, undirected, generator });
  if (!undirected) return [from, to];
  return [from.map((u, p) => Math.min(u, to[p]!)), to.map((v, p) => Math.max(v, from[p]!))];
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
