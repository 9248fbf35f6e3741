import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, functional } from '@hourglass/core';

type Indices = functional.Indices;

/** What {@link EdgeIndex.derived} keeps. */
export interface Disposable {
  dispose(): void;
}

/**
 * The edges of a graph, or of a batch of graphs as one, as layers take them: edge e leads from node source[e] to node
 * destination[e]. Make it once for a graph: it holds the edges grouped by either end, and whatever layers derive from them (self
 * loops, normalised weights, …), on the device until `dispose`.
 */
export class EdgeIndex {
  // private, since tf.tidy walks through the public fields of what it returns, and these are long
  readonly #adjacency: functional.Adjacency;
  readonly #derived = new Map<string, Disposable>();

  /**
   * @param edgeIndex int32 [2, edges], or two lists: sources and destinations
   * @param nodes how many nodes there are; for a bipartite graph [sources, destinations]
   * @throws InvalidArgumentError when the lists differ in length, or an end is no node
   */
  constructor(edgeIndex: tf.Tensor | readonly [Indices, Indices], nodes: number | readonly [number, number]) {
    const [sources, destinations] = typeof nodes === 'number' ? [nodes, nodes] : nodes;
    for (const count of [sources, destinations]) {
      checkCount('EdgeIndex: the number of nodes', count, 0);
    }
    const [source, destination] = edgeIndex instanceof tf.Tensor ? rowsOf(edgeIndex) : edgeIndex;
    this.#adjacency = new functional.Adjacency({ source, destination, sources, destinations });
  }

  /** For core's products with sparse matrices. */
  get adjacency(): functional.Adjacency {
    return this.#adjacency;
  }

  /** Number of edges. */
  get edges(): number {
    return this.adjacency.edges;
  }

  /** How many nodes edges start at. */
  get sources(): number {
    return this.adjacency.sources;
  }

  /** How many nodes edges lead to. */
  get destinations(): number {
    return this.adjacency.destinations;
  }

  /** Number of nodes. @throws InvalidArgumentError for a bipartite graph, whose two sides differ */
  get nodes(): number {
    check(
      this.sources === this.destinations,
      () => `this layer needs one set of nodes, got edges from ${this.sources} nodes to ${this.destinations}`,
    );
    return this.sources;
  }

  /** The node each edge starts at, for programs in JavaScript. */
  get source(): Int32Array {
    return this.adjacency.outgoing.values.ids;
  }

  /** The node each edge leads to, for programs in JavaScript. */
  get destination(): Int32Array {
    return this.adjacency.incoming.values.ids;
  }

  /** Edges grouped by the node that they lead to. */
  get incoming(): functional.Segments {
    return this.adjacency.incoming;
  }

  /** Edges grouped by the node that they start at. */
  get outgoing(): functional.Segments {
    return this.adjacency.outgoing;
  }

  /** int32 [2, edges], a new tensor. */
  toTensor(): tf.Tensor2D {
    return tf.stack([this.adjacency.source, this.adjacency.destination]) as tf.Tensor2D;
  }

  /**
   * What `make` makes of these edges: made at the first call, kept, and freed with them.
   *
   * @param key says what it is and with which settings: `gcn-norm improved`
   */
  derived<T extends Disposable>(key: string, make: () => T): T {
    let value = this.#derived.get(key);
    if (value === undefined) this.#derived.set(key, (value = make()));
    return value as T;
  }

  dispose(): void {
    this.adjacency.dispose();
    for (const value of this.#derived.values()) value.dispose();
    this.#derived.clear();
  }
}

function rowsOf(edgeIndex: tf.Tensor): readonly [Indices, Indices] {
  check(
    edgeIndex.rank === 2 && edgeIndex.shape[0] === 2,
    () => `edge index must be [2, edges], got [${edgeIndex.shape.join(', ')}]`,
  );
  const values = edgeIndex.dataSync();
  const edges = edgeIndex.shape[1]!;
  return [values.subarray(0, edges), values.subarray(edges)];
}
