import * as tf from '@tensorflow/tfjs-core';
import { check, functional } from '@hourglass/core';
import { EdgeIndex, type Disposable } from './edge-index.js';

const { Adjacency, Segments } = functional;

/** The pairs (type, node) that some edge has at one of its ends, ordered by type: at most as many as edges. */
export interface TypedEnds {
  /** Which pair each edge has. */
  readonly pairs: functional.Segments;
  /** Which node each pair has. */
  readonly nodes: functional.Segments;
  /** How many pairs each type has. */
  readonly sizes: readonly number[];
}

/**
 * Edges that have a type each, as the relations of a knowledge graph. Make it once for a graph: it keeps the groups that relational
 * layers need, each made when it is first asked for, until `dispose`; the edges themselves are not freed with it.
 */
export class TypedEdges implements Disposable {
  /** Type of each edge. */
  readonly types: Int32Array;
  readonly #byType: functional.Segments;
  readonly #kept = new Map<string, Disposable>();

  /**
   * @param types int32 [edges], in [0, relations)
   * @param relations number of types; some may have no edge
   * @throws InvalidArgumentError when there is not one type for each edge, or a type is out of range
   */
  constructor(
    readonly edges: EdgeIndex,
    types: functional.Indices,
    readonly relations: number,
  ) {
    const count = types instanceof tf.Tensor ? types.size : types.length;
    check(count === edges.edges, () => `TypedEdges: ${edges.edges} edges and ${count} types; each edge has one`);
    this.#byType = new Segments(types, relations);
    this.types = this.#byType.values.ids;
  }

  /** Edges grouped by their type. */
  get byType(): functional.Segments {
    return this.#byType;
  }

  /** Pairs of a type and the node that an edge of this type leads to. */
  get destinations(): TypedEnds {
    return this.#keep('destinations', () => this.#ends(this.edges.destination, this.edges.destinations));
  }

  /** Pairs of a type and the node that an edge of this type starts at. */
  get sources(): TypedEnds {
    return this.#keep('sources', () => this.#ends(this.edges.source, this.edges.sources));
  }

  /** The edges, leading from nodes to their pairs in {@link destinations}. */
  get toPairs(): functional.Adjacency {
    return this.#keep('to pairs', () => {
      const { pairs } = this.destinations;
      return new Adjacency({
        source: this.edges.source,
        destination: pairs.values.ids,
        sources: this.edges.sources,
        destinations: pairs.size,
      });
    });
  }

  /** The edges, leading from their pairs in {@link sources} to nodes. */
  get fromPairs(): functional.Adjacency {
    return this.#keep('from pairs', () => this.#toNodes(this.sources.pairs.values.ids, this.sources.pairs.size));
  }

  /** The edges, leading from row type · sources + source to nodes: rows of a table for each type, one below the other. */
  get fromTables(): functional.Adjacency {
    return this.#keep('from tables', () => {
      const { source, sources } = this.edges;
      return this.#toNodes(
        source.map((node, e) => this.types[e]! * sources + node),
        this.relations * sources,
      );
    });
  }

  /** The edges of each type by themselves. */
  get relationEdges(): readonly EdgeIndex[] {
    return this.#keep('relation edges', () => {
      const { pointer, order } = this.#byType.values;
      const { source, destination, sources, destinations } = this.edges;
      const relations = Array.from({ length: this.relations }, (_, type) => {
        const own = order.subarray(pointer[type]!, pointer[type + 1]!);
        return new EdgeIndex([own.map((e) => source[e]!), own.map((e) => destination[e]!)], [sources, destinations]);
      });
      return { relations, dispose: () => relations.forEach((edges) => edges.dispose()) };
    }).relations;
  }

  /** float32 [edges]: 1 ÷ the number of edges of the same type that lead to the same node. Do not dispose it. */
  get meanWeight(): tf.Tensor1D {
    return this.#keep('mean weight', () => {
      const { ids, pointer } = this.destinations.pairs.values;
      const weight = new Float32Array(ids.length);
      for (let e = 0; e < ids.length; e++) weight[e] = 1 / (pointer[ids[e]! + 1]! - pointer[ids[e]!]!);
      const kept = tf.keep(tf.tensor1d(weight));
      return { value: kept, dispose: () => kept.dispose() };
    }).value;
  }

  dispose(): void {
    this.#byType.dispose();
    for (const kept of this.#kept.values()) kept.dispose();
    this.#kept.clear();
  }

  #keep<T extends Disposable>(key: string, make: () => T): T {
    let kept = this.#kept.get(key);
    if (kept === undefined) this.#kept.set(key, (kept = make()));
    return kept as T;
  }

  #toNodes(source: Int32Array, sources: number): functional.Adjacency {
    const { destination, destinations } = this.edges;
    return new Adjacency({ source, destination, sources, destinations });
  }

  #ends(ends: Int32Array, nodes: number): TypedEnds & Disposable {
    const { pointer, order } = this.#byType.values;
    const pairOf = new Int32Array(ends.length);
    const nodeOf: number[] = [];
    const sizes: number[] = [];
    // the pair that a node has had last, of this type if it is not below the type's first
    const last = new Int32Array(nodes).fill(-1);
    for (let type = 0; type < this.relations; type++) {
      const first = nodeOf.length;
      for (let place = pointer[type]!; place < pointer[type + 1]!; place++) {
        const edge = order[place]!;
        const node = ends[edge]!;
        if (last[node]! < first) last[node] = nodeOf.push(node) - 1;
        pairOf[edge] = last[node]!;
      }
      sizes.push(nodeOf.length - first);
    }
    const pairs = new Segments(pairOf, nodeOf.length);
    const segments = new Segments(nodeOf, nodes);
    return {
      pairs,
      nodes: segments,
      sizes,
      dispose() {
        pairs.dispose();
        segments.dispose();
      },
    };
  }
}
