import { check, defaultGenerator, type Generator } from '@hourglass/core';
import type { GraphData } from '../data/graph.js';

export interface PartitionOptions {
  /** How much larger than the mean a part may be. Default 0.1. */
  readonly imbalance?: number;
  /** Rounds of moving nodes to where their neighbours are. Default 10. */
  readonly rounds?: number;
  readonly generator?: Generator;
}

/**
 * Divides a graph into parts of nearly equal size with few edges between them: parts grow from node to neighbour, and then nodes move to
 * the part of most of their neighbours as long as there is room (size-constrained label propagation, Meyerhenke et al. 2014,
 * arXiv:1402.3281). Edges count in both directions. Linear in edges for each round.
 *
 * @returns [nodes]: the part of each
 */
export function partitionGraph(graph: GraphData, parts: number, options: PartitionOptions = {}): Int32Array {
  const { imbalance = 0.1, rounds = 10, generator = defaultGenerator() } = options;
  const { numNodes } = graph;
  check(
    Number.isInteger(parts) && parts >= 1 && parts <= Math.max(1, numNodes),
    () => `${numNodes} nodes make no ${parts} parts`,
  );
  const neighbours = bothSides(graph);
  const part = grown(neighbours, numNodes, parts, generator);
  const most = Math.max(Math.ceil(numNodes / parts), Math.floor((numNodes / parts) * (1 + imbalance)));
  refine(neighbours, part, { parts, most, rounds, generator });
  return part;
}

/** Neighbours of each node, of edges in both directions. */
interface Neighbours {
  readonly pointer: Int32Array;
  readonly others: Int32Array;
}

function bothSides({ edgeIndex: [source, destination], numNodes, numEdges }: GraphData): Neighbours {
  const pointer = new Int32Array(numNodes + 1);
  for (let e = 0; e < numEdges; e++) {
    pointer[source[e]! + 1]!++;
    pointer[destination[e]! + 1]!++;
  }
  for (let node = 0; node < numNodes; node++) pointer[node + 1]! += pointer[node]!;
  const next = pointer.slice(0, numNodes);
  const others = new Int32Array(2 * numEdges);
  for (let e = 0; e < numEdges; e++) {
    others[next[source[e]!]!++] = destination[e]!;
    others[next[destination[e]!]!++] = source[e]!;
  }
  return { pointer, others };
}

/** Parts as stretches of a walk through the graph in breadth, each from where the last one stopped. */
function grown({ pointer, others }: Neighbours, nodes: number, parts: number, generator: Generator): Int32Array {
  const part = new Int32Array(nodes).fill(-1);
  const starts = generator.permutation(nodes);
  const queue = new Int32Array(nodes);
  const queued = new Uint8Array(nodes);
  let [head, tail, nextStart, done] = [0, 0, 0, 0];
  for (let p = 0; p < parts; p++) {
    const end = Math.floor(((p + 1) * nodes) / parts);
    while (done < end) {
      if (head === tail) {
        while (queued[starts[nextStart]!] === 1) nextStart++;
        queue[tail++] = starts[nextStart]!;
        queued[starts[nextStart]!] = 1;
      }
      const node = queue[head++]!;
      part[node] = p;
      done++;
      for (let place = pointer[node]!; place < pointer[node + 1]!; place++) {
        const other = others[place]!;
        if (queued[other] === 1) continue;
        queued[other] = 1;
        queue[tail++] = other;
      }
    }
  }
  return part;
}

function refine(
  { pointer, others }: Neighbours,
  part: Int32Array,
  { parts, most, rounds, generator }: { parts: number; most: number; rounds: number; generator: Generator },
): void {
  const size = new Int32Array(parts);
  for (const p of part) size[p]!++;
  const links = new Int32Array(parts);
  for (let round = 0; round < rounds; round++) {
    let moved = 0;
    for (const node of generator.permutation(part.length)) {
      const own = part[node]!;
      const [from, to] = [pointer[node]!, pointer[node + 1]!];
      for (let place = from; place < to; place++) links[part[others[place]!]!]!++;
      let best = own;
      for (let place = from; place < to; place++) {
        const p = part[others[place]!]!;
        if (links[p]! > links[best]! && size[p]! < most) best = p;
      }
      for (let place = from; place < to; place++) links[part[others[place]!]!] = 0;
      // no part is left without nodes
      if (best === own || size[own] === 1) continue;
      part[node] = best;
      size[own]!--;
      size[best]!++;
      moved++;
    }
    if (moved < part.length / 1000) return;
  }
}

/** Share of the edges that lead from one part to another. */
export function cutShare({ edgeIndex: [source, destination], numEdges }: GraphData, part: Int32Array): number {
  let cut = 0;
  for (let e = 0; e < numEdges; e++) if (part[source[e]!] !== part[destination[e]!]) cut++;
  return numEdges === 0 ? 0 : cut / numEdges;
}
