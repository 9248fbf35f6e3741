import type { Generator } from '@hourglass/core/random';
import type { NeighborLists } from './neighbor-lists.js';

export interface SamplerOptions {
  /** Most edges that are taken to each node, layer by layer from the seeds outwards; -1 for all. */
  readonly fanOuts: readonly number[];
  /** Draws each node's edges with replacement, as many as the fan-out says wherever there is one. Default false. */
  readonly replace?: boolean;
  /**
   * `directional` has the drawn edges; `induced` all edges between the drawn nodes. Default `directional`.
   */
  readonly subgraph?: 'directional' | 'induced';
}

/** A part of a graph around some nodes. Plain arrays that threads hand over. */
export interface SampledSubgraph {
  /** The graph's number of each node here; the seeds come first, then nodes hop by hop. */
  readonly nodes: Int32Array;
  /** Ends of the edges, as numbers of nodes here; `directional` edges stand hop by hop. */
  readonly source: Int32Array;
  readonly destination: Int32Array;
  /** The graph's number of each edge. */
  readonly edges: Int32Array;
  /** How many nodes there are with 0, 1, … hops from the seeds. */
  readonly nodesPerHop: readonly number[];
  /** How many edges lead to them; of an `induced` subgraph all in one. */
  readonly edgesPerHop: readonly number[];
}

/** Numbers that grow in number. */
class Numbers {
  #values = new Int32Array(4096);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const more = new Int32Array(2 * this.length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** A copy. */
  take(): Int32Array {
    return this.#values.slice(0, this.length);
  }
}

/**
 * Draws the neighbourhoods of nodes (Hamilton et al. 2017, arXiv:1706.02216): of each node a few of the edges that lead to it, of the
 * nodes where they start a few again, and so on. A node comes once in a subgraph, as in PyTorch Geometric's NeighborLoader.
 */
export class NeighborSampler {
  /** Of each node of the graph its number in the present subgraph, or -1. */
  readonly #numbers: Int32Array;
  /** Places drawn for the present node. */
  #drawn = new Int32Array(64);

  constructor(
    private readonly lists: NeighborLists,
    private readonly options: SamplerOptions,
  ) {
    this.#numbers = new Int32Array(lists.nodes).fill(-1);
  }

  /** @param seeds nodes, none twice */
  sample(seeds: Int32Array, generator: Generator): SampledSubgraph {
    const { fanOuts, subgraph = 'directional' } = this.options;
    const nodes = new Numbers();
    const [source, destination, edges] = [new Numbers(), new Numbers(), new Numbers()];
    try {
      for (const seed of seeds) this.#numberOf(seed, nodes);
      const nodesPerHop = [nodes.length];
      const edgesPerHop: number[] = [];
      let first = 0;
      for (const fanOut of fanOuts) {
        const [end, before] = [nodes.length, source.length];
        for (let here = first; here < end; here++) {
          const count = this.#draw(nodes.at(here), fanOut, generator);
          for (let i = 0; i < count; i++) {
            const place = this.#drawn[i]!;
            source.push(this.#numberOf(this.lists.source[place]!, nodes));
            destination.push(here);
            edges.push(this.lists.edge[place]!);
          }
        }
        first = end;
        nodesPerHop.push(nodes.length - end);
        edgesPerHop.push(source.length - before);
      }
      const kept = nodes.take();
      if (subgraph === 'induced') return { ...this.#induced(kept), nodesPerHop };
      return {
        nodes: kept,
        source: source.take(),
        destination: destination.take(),
        edges: edges.take(),
        nodesPerHop,
        edgesPerHop,
      };
    } finally {
      for (let i = 0; i < nodes.length; i++) this.#numbers[nodes.at(i)] = -1;
    }
  }

  #numberOf(node: number, nodes: Numbers): number {
    const known = this.#numbers[node]!;
    if (known >= 0) return known;
    this.#numbers[node] = nodes.length;
    nodes.push(node);
    return nodes.length - 1;
  }

  /** Puts places of edges that lead to a node into `#drawn`, and says how many. */
  #draw(node: number, fanOut: number, generator: Generator): number {
    const [start, end] = [this.lists.pointer[node]!, this.lists.pointer[node + 1]!];
    const degree = end - start;
    const all = fanOut < 0 || (fanOut >= degree && !this.options.replace);
    const count = all ? degree : degree === 0 ? 0 : fanOut;
    if (count > this.#drawn.length) this.#drawn = new Int32Array(2 * count);
    const drawn = this.#drawn;
    // a 32-bit fraction is fine enough for any degree and twice as quick
    const below = (limit: number): number => Math.floor((generator.uint32() / 2 ** 32) * limit);
    if (all) for (let i = 0; i < count; i++) drawn[i] = start + i;
    else if (this.options.replace) for (let i = 0; i < count; i++) drawn[i] = start + below(degree);
    else this.#distinct(start, degree, count, below);
    return count;
  }

  /** `count` of `degree` places, each set of them equally likely (Floyd's algorithm). */
  #distinct(start: number, degree: number, count: number, below: (limit: number) => number): void {
    const drawn = this.#drawn;
    const seen = count > 64 ? new Set<number>() : null;
    for (let i = 0, last = degree - count; last < degree; i++, last++) {
      let place = start + below(last + 1);
      let isTaken = seen?.has(place) ?? false;
      if (seen === null) for (let j = 0; j < i && !isTaken; j++) isTaken = drawn[j] === place;
      if (isTaken) place = start + last;
      seen?.add(place);
      drawn[i] = place;
    }
  }

  #induced(nodes: Int32Array): Omit<SampledSubgraph, 'nodesPerHop'> {
    const { pointer, source, edge } = this.lists;
    const [from, to, numbers] = [new Numbers(), new Numbers(), new Numbers()];
    nodes.forEach((node, here) => {
      for (let place = pointer[node]!; place < pointer[node + 1]!; place++) {
        const other = this.#numbers[source[place]!]!;
        if (other < 0) continue;
        from.push(other);
        to.push(here);
        numbers.push(edge[place]!);
      }
    });
    return { nodes, source: from.take(), destination: to.take(), edges: numbers.take(), edgesPerHop: [from.length] };
  }

  /** The subgraph of all edges between some nodes, none of them listed twice. */
  induce(nodes: Int32Array): SampledSubgraph {
    try {
      nodes.forEach((node, here) => (this.#numbers[node] = here));
      return { ...this.#induced(nodes), nodesPerHop: [nodes.length] };
    } finally {
      for (const node of nodes) this.#numbers[node] = -1;
    }
  }
}
