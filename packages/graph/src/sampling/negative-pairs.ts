import { check, defaultGenerator, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { EdgeSet } from './edge-set.js';

/** Ends of pairs of nodes: pair p is source[p], destination[p]. */
export type PairList = readonly [Int32Array, Int32Array];

export interface NegativePairsOptions {
  /** No pair is drawn twice, nor, of an undirected graph, turned round. Default false. */
  readonly distinct?: boolean;
  /** A pair that is an edge the other way round counts as one. Default false. */
  readonly undirected?: boolean;
  /** Default: the default generator. */
  readonly generator?: Generator;
}

/** Below this many pairs all that are no edges can be listed. */
const listable = 1e7;

/**
 * Draws pairs of different nodes that are no edge, each with the same probability.
 *
 * @param edges the edges that are known, of one set of nodes
 * @throws InvalidArgumentError when there are too few
 */
export function sampleNegativePairs(edges: EdgeIndex, count: number, options: NegativePairsOptions = {}): PairList {
  const { nodes } = edges;
  const { set } = edges.derived('set of edges', () => ({
    set: new EdgeSet([edges.source, edges.destination], nodes),
    dispose() {},
  }));
  return drawPairs(set, count, options);
}

/** {@link sampleNegativePairs} of edges that are no tensors. */
export function drawPairs(edges: EdgeSet, count: number, options: NegativePairsOptions = {}): PairList {
  const { distinct = false, undirected = false, generator = defaultGenerator() } = options;
  const { nodes } = edges;
  const isEdge = (u: number, v: number): boolean => edges.has(u, v) || (undirected && edges.has(v, u));
  const all = nodes * (nodes - 1);
  // of few pairs, or when many of them are wanted, most draws would be in vain
  if (all <= listable && (distinct ? count > all / 8 : edges.size > all / 2)) {
    return fromList(nodes, isEdge, count, { distinct, undirected, generator });
  }
  const drawn = new Set<number>();
  const pairs = [new Int32Array(count), new Int32Array(count)] as const;
  let [found, tries] = [0, 0];
  while (found < count) {
    check(tries++ < 50 * count + 1000, () => tooFew(found, count, nodes));
    const [u, v] = [generator.integer(0, nodes), generator.integer(0, nodes)];
    if (u === v || isEdge(u, v)) continue;
    if (distinct) {
      const key = undirected && u > v ? v * nodes + u : u * nodes + v;
      if (drawn.has(key)) continue;
      drawn.add(key);
    }
    pairs[0][found] = u;
    pairs[1][found++] = v;
  }
  return pairs;
}

function tooFew(found: number, count: number, nodes: number): string {
  return `only ${found} of ${count} pairs without an edge were found: the graph of ${nodes} nodes is too dense`;
}

/** Draws from the list of all pairs without an edge. */
function fromList(
  nodes: number,
  isEdge: (u: number, v: number) => boolean,
  count: number,
  { distinct, undirected, generator }: Required<NegativePairsOptions>,
): PairList {
  const free: number[] = [];
  for (let u = 0; u < nodes; u++) {
    for (let v = undirected ? u + 1 : 0; v < nodes; v++) if (u !== v && !isEdge(u, v)) free.push(u * nodes + v);
  }
  const enough = distinct ? free.length >= count : free.length > 0 || count === 0;
  check(enough, () => tooFew(distinct ? free.length : 0, count, nodes));
  const order = distinct
    ? generator.permutation(free.length).subarray(0, count)
    : Uint32Array.from({ length: count }, () => generator.integer(0, free.length));
  const pairs = [new Int32Array(count), new Int32Array(count)] as const;
  order.forEach((which, p) => {
    const [u, v] = [Math.floor(free[which]! / nodes), free[which]! % nodes];
    const turned = undirected && generator.uniform() < 0.5;
    pairs[0][p] = turned ? v : u;
    pairs[1][p] = turned ? u : v;
  });
  return pairs;
}
