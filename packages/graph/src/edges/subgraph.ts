import { check, checkCount } from '@hourglass/core';
import { DerivedEdges } from './derived-edges.js';
import type { EdgeIndex } from './edge-index.js';

/**
 * The edges between some of the nodes (the induced subgraph). It is the caller's to dispose.
 *
 * @param nodes numbers of the nodes that stay, each once; the i-th is number i of the subgraph
 * @throws InvalidArgumentError when a node is not there, or is listed twice
 */
export function subgraph(edges: EdgeIndex, nodes: ArrayLike<number>): DerivedEdges {
  const number = new Int32Array(edges.nodes).fill(-1);
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    check(
      Number.isInteger(node) && node >= 0 && node < number.length,
      () => `subgraph: number ${i} of the list is ${node}, there are ${number.length} nodes`,
    );
    check(number[node] === -1, () => `subgraph: node ${node} is listed twice`);
    number[node] = i;
  }
  const { source, destination } = edges;
  const origin = new Int32Array(edges.edges);
  let count = 0;
  for (let e = 0; e < origin.length; e++) {
    if (number[source[e]!]! >= 0 && number[destination[e]!]! >= 0) origin[count++] = e;
  }
  const kept = origin.slice(0, count);
  const renamed = (ends: Int32Array): Int32Array => kept.map((e) => number[ends[e]!]!);
  return new DerivedEdges(
    edges,
    { source: renamed(source), destination: renamed(destination), origin: kept, added: 0 },
    nodes.length,
  );
}

/** What {@link kHopSubgraph} finds. */
export interface Neighbourhood {
  /** The nodes, ascending. */
  readonly nodes: Int32Array;
  /** The edges between them, renumbered; the caller's to dispose. */
  readonly edges: DerivedEdges;
  /** Where the seeds stand in `nodes`. */
  readonly seeds: Int32Array;
}

/**
 * The subgraph around some nodes: all from which a path of at most `hops` edges leads to a seed.
 *
 * @param seeds a node, or several
 * @throws InvalidArgumentError when a seed is not there, or the number of hops is no whole number
 */
export function kHopSubgraph(edges: EdgeIndex, seeds: number | ArrayLike<number>, hops: number): Neighbourhood {
  checkCount('kHopSubgraph: hops', hops, 0);
  const given = typeof seeds === 'number' ? Int32Array.of(seeds) : Array.from(seeds);
  const { source } = edges;
  const { pointer, order } = edges.incoming.values;
  const isReached = new Uint8Array(edges.nodes);
  let front: number[] = [];
  const reach = (node: number, list: number[]): void => {
    if (isReached[node] === 1) return;
    isReached[node] = 1;
    list.push(node);
  };
  for (const seed of given) {
    check(
      Number.isInteger(seed) && seed >= 0 && seed < edges.nodes,
      () => `kHopSubgraph: there is no node ${seed} among ${edges.nodes}`,
    );
    reach(seed, front);
  }
  for (let hop = 0; hop < hops; hop++) {
    const next: number[] = [];
    for (const node of front) {
      for (let place = pointer[node]!; place < pointer[node + 1]!; place++) reach(source[order[place]!]!, next);
    }
    front = next;
  }
  const nodes = Int32Array.from(isReached.keys()).filter((node) => isReached[node] === 1);
  const place = new Int32Array(edges.nodes);
  nodes.forEach((node, i) => (place[node] = i));
  return { nodes, edges: subgraph(edges, nodes), seeds: Int32Array.from(given, (seed) => place[seed]!) };
}
