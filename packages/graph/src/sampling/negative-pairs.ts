import { check, defaultGenerator, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';

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

/**
 * Draws pairs of different nodes that are no edge, each with the same probability.
 *
 * @param edges the edges that are known, of one set of nodes
 * @throws InvalidArgumentError when the graph is so dense that too few are found
 */
export function sampleNegativePairs(edges: EdgeIndex, count: number, options: NegativePairsOptions = {}): PairList {
  const { distinct = false, undirected = false, generator = defaultGenerator() } = options;
  const { nodes } = edges;
  const { keys } = edges.derived('sorted pairs', () => sortedPairs(edges));
  const drawn = new Set<number>();
  const pairs = [new Int32Array(count), new Int32Array(count)] as const;
  let [found, tries] = [0, 0];
  while (found < count) {
    check(
      tries++ < 50 * count + 1000,
      () => `only ${found} of ${count} pairs without an edge were found: the graph of ${nodes} nodes is too dense`,
    );
    const [u, v] = [generator.integer(0, nodes), generator.integer(0, nodes)];
    if (u === v || holds(keys, u * nodes + v) || (undirected && holds(keys, v * nodes + u))) continue;
    if (distinct) {
      const key = undirected ? Math.min(u, v) * nodes + Math.max(u, v) : u * nodes + v;
      if (drawn.has(key)) continue;
      drawn.add(key);
    }
    pairs[0][found] = u;
    pairs[1][found++] = v;
  }
  return pairs;
}

interface SortedPairs {
  readonly keys: Float64Array;
  dispose(): void;
}

/** source · nodes + destination of every edge, in order; exact below 94 million nodes. */
function sortedPairs({ source, destination, nodes }: EdgeIndex): SortedPairs {
  const keys = Float64Array.from(source, (u, e) => u * nodes + destination[e]!);
  return { keys: keys.sort(), dispose() {} };
}

/** Whether a sorted list holds a number. */
function holds(sorted: Float64Array, key: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === key;
}
