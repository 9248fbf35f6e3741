import { edgeOrder } from '../data/edge-order.js';
import type { EdgeEnds } from '../data/edge-lists.js';

/** Answers quickly whether there is an edge between two nodes. */
export class EdgeSet {
  /** [nodes + 1] */
  readonly #pointer: Int32Array;
  /** Destinations of each source, rising. */
  readonly #destinations: Int32Array;

  constructor(
    [source, destination]: EdgeEnds,
    readonly nodes: number,
  ) {
    const order = edgeOrder(source, destination, nodes);
    this.#pointer = new Int32Array(nodes + 1);
    for (const node of source) this.#pointer[node + 1]!++;
    for (let node = 0; node < nodes; node++) this.#pointer[node + 1]! += this.#pointer[node]!;
    this.#destinations = order.map((edge) => destination[edge]!);
  }

  /** Number of edges, each as often as it was given. */
  get size(): number {
    return this.#destinations.length;
  }

  has(source: number, destination: number): boolean {
    let [low, high] = [this.#pointer[source]!, this.#pointer[source + 1]!];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#destinations[middle]! < destination) low = middle + 1;
      else high = middle;
    }
    return low < this.#pointer[source + 1]! && this.#destinations[low] === destination;
  }

  /** How many different nodes other than itself a node leads to. */
  others(source: number): number {
    let count = 0;
    let last = -1;
    for (let place = this.#pointer[source]!; place < this.#pointer[source + 1]!; place++) {
      const node = this.#destinations[place]!;
      if (node !== last && node !== source) count++;
      last = node;
    }
    return count;
  }
}
