import { check, defaultGenerator, type Generator } from '@hourglass/core';
import { edgeOrder } from '../edge-order.js';
import { taken, type EdgeEnds } from '../edge-lists.js';
import type { GraphData } from '../graph.js';
import { joined, takeRows } from '../rows.js';
import { negativeSampling } from './negative-sampling.js';

export interface RandomLinkSplitOptions {
  /** Share of the links for validation. Default 0.1; the GAE paper's is 0.05. */
  readonly val?: number;
  /** Share of the links for the test. Default 0.2; the GAE paper's is 0.1. */
  readonly test?: number;
  /** Whether u – v and v – u are one link. Default: whether the graph is undirected. */
  readonly undirected?: boolean;
  /** Pairs without a link for each link of validation and test, and of training with `trainNegatives`. Default 1. */
  readonly negativeRatio?: number;
  /** Whether training gets such pairs once and for all; otherwise they are drawn in each step. Default true. */
  readonly trainNegatives?: boolean;
  /** Share of the training links that are predicted and not passed messages along; 0 uses all for both. Default 0. */
  readonly disjointTrainRatio?: number;
  /** Whether messages in the test also go along the links of validation. Default true; in the GAE paper they do not. */
  readonly testSeesVal?: boolean;
  readonly generator?: Generator;
}

/** Links to predict, and the graph along whose edges messages go meanwhile. */
export interface LinkSet {
  readonly graph: GraphData;
  /** Links, then pairs without one. An undirected link comes once, smaller node first. */
  readonly edges: EdgeEnds;
  /** [edges]: 1 for links, 0 for pairs without one. */
  readonly labels: Float32Array;
}

export interface LinkSplit {
  readonly train: LinkSet;
  readonly val: LinkSet;
  readonly test: LinkSet;
}

/** The options of the GAE paper (Kipf and Welling 2016, arXiv:1611.07308). */
export const gaeLinkSplit: RandomLinkSplitOptions = {
  val: 0.05,
  test: 0.1,
  undirected: true,
  trainNegatives: false,
  testSeesVal: false,
};

/**
 * Splits the links of a graph at random. All edges with the same ends go together, an undirected link's both directions too; loops
 * carry messages and are never predicted. Pairs without a link differ between validation and test, and have none in the whole graph.
 *
 * @throws InvalidArgumentError when shares do not add up, or an undirected split is asked of a directed graph
 */
export function randomLinkSplit(graph: GraphData, options: RandomLinkSplitOptions = {}): LinkSplit {
  const { val = 0.1, test = 0.2, negativeRatio = 1, trainNegatives = true, disjointTrainRatio = 0 } = options;
  const { testSeesVal = true, generator = defaultGenerator(), undirected = graph.isUndirected() } = options;
  for (const [name, share] of Object.entries({ val, test, disjointTrainRatio })) {
    check(share >= 0 && share < 1, () => `randomLinkSplit: ${name} must be in [0, 1), got ${share}`);
  }
  check(val + test < 1, () => `randomLinkSplit: val ${val} and test ${test} leave nothing for training`);
  check(
    !undirected || graph.isUndirected(),
    'randomLinkSplit: the graph is directed; toUndirectedGraph() adds the edges that are missing, or set undirected: false',
  );
  const links = linksOf(graph, undirected);
  const count = links.ends[0].length;
  const order = Int32Array.from(generator.permutation(count));
  const [tests, vals] = [Math.floor(count * test), Math.floor(count * val)];
  const parts = {
    test: order.subarray(0, tests),
    val: order.subarray(tests, tests + vals),
    train: order.subarray(tests + vals),
  };
  const supervised = Math.floor(disjointTrainRatio * parts.train.length);
  const [predicted, carrying] =
    supervised === 0
      ? [parts.train, parts.train]
      : [parts.train.subarray(0, supervised), parts.train.subarray(supervised)];
  const negatives = (of: Int32Array): number => Math.floor(of.length * negativeRatio);
  const wanted = [negatives(parts.val), negatives(parts.test), trainNegatives ? negatives(predicted) : 0] as const;
  const none = negativeSampling(graph, { count: wanted[0] + wanted[1] + wanted[2], undirected, generator });
  const set = (of: GraphData, which: Int32Array, from: number, negative: number): LinkSet => {
    const side = (s: 0 | 1): Int32Array =>
      joined(Int32Array, [taken(links.ends[s], which), none[s].subarray(from, from + negative)]);
    const labels = new Float32Array(which.length + negative).fill(1, 0, which.length);
    return { graph: of, edges: [side(0), side(1)], labels };
  };
  const along = (...of: readonly Int32Array[]): GraphData => withLinks(graph, links, of);
  const trainGraph = along(carrying);
  const valGraph = supervised === 0 ? trainGraph : along(parts.train);
  return {
    train: set(trainGraph, predicted, wanted[0] + wanted[1], wanted[2]),
    val: set(valGraph, parts.val, 0, wanted[0]),
    test: set(testSeesVal ? along(parts.train, parts.val) : valGraph, parts.test, wanted[0], wanted[1]),
  };
}

interface Links {
  readonly ends: EdgeEnds;
  /** The link of each edge; -1 for loops. */
  readonly of: Int32Array;
}

function linksOf({ edgeIndex: [source, destination], numNodes }: GraphData, undirected: boolean): Links {
  const first = undirected ? source.map((u, e) => Math.min(u, destination[e]!)) : source;
  const second = undirected ? source.map((u, e) => Math.max(u, destination[e]!)) : destination;
  const order = edgeOrder(first, second, numNodes);
  const of = new Int32Array(source.length).fill(-1);
  const ends: EdgeEnds = [new Int32Array(source.length), new Int32Array(source.length)];
  let count = 0;
  for (const edge of order) {
    const [u, v] = [first[edge]!, second[edge]!];
    if (u === v) continue;
    if (count === 0 || ends[0][count - 1] !== u || ends[1][count - 1] !== v) {
      ends[0][count] = u;
      ends[1][count] = v;
      count++;
    }
    of[edge] = count - 1;
  }
  return { ends: [ends[0].slice(0, count), ends[1].slice(0, count)], of };
}

/** The graph with the edges of some links, and its loops. */
function withLinks(graph: GraphData, links: Links, parts: readonly Int32Array[]): GraphData {
  const kept = new Uint8Array(links.ends[0].length);
  for (const part of parts) for (const link of part) kept[link] = 1;
  const every = Int32Array.from({ length: graph.numEdges }, (_, e) => e);
  return withEdges(
    graph,
    every.filter((e) => links.of[e]! < 0 || kept[links.of[e]!] === 1),
  );
}

/** The graph with these of its edges, in this order. */
export function withEdges(graph: GraphData, edges: Int32Array): GraphData {
  const { edgeIndex, edgeWeight, edgeAttr, edgeType } = graph;
  return graph.with({
    edgeIndex: [taken(edgeIndex[0], edges), taken(edgeIndex[1], edges)],
    edgeWeight: edgeWeight && Float32Array.from(edges, (e) => edgeWeight[e]!),
    edgeAttr: edgeAttr && takeRows(edgeAttr, edges),
    ...(edgeType === null ? {} : { edgeType: taken(edgeType, edges) }),
  });
}
