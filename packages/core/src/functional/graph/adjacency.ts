import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { indicesOf, lasting, Segments, type Indices } from './segments.js';

/** A sparse matrix by rows, as a product walks it. */
export interface CompressedRows {
  /** int32 [rows + 1]: row r has the places pointer[r] … pointer[r + 1] - 1. */
  readonly pointer: tf.Tensor1D;
  /** int32 [edges]: each place's column. */
  readonly column: tf.Tensor1D;
  /** int32 [edges]: the edge at each place; null where that is the place's own number. */
  readonly edge: tf.Tensor1D | null;
}

/** The ends of a graph's edges; edge e leads from source[e] to destination[e]. */
export interface EdgeList {
  readonly source: Indices;
  readonly destination: Indices;
  /** How many nodes edges start at. */
  readonly sources: number;
  /** How many nodes edges lead to. Default: as many as sources. */
  readonly destinations?: number;
}

/**
 * The edges of a directed graph, or the places of a sparse matrix whose rows are destinations and whose columns are sources. Holds
 * them in their own order and grouped by either end, so that products with the matrix and with its transpose are equally
 * fast. Make it once, outside of the training step. Its tensors live until `dispose`.
 *
 * Edges that are sorted by destination are fastest.
 */
export class Adjacency {
  readonly edges: number;
  readonly sources: number;
  readonly destinations: number;
  /** int32 [edges] */
  readonly source: tf.Tensor1D;
  /** int32 [edges] */
  readonly destination: tf.Tensor1D;
  /** Edges grouped by the node that they lead to. */
  readonly incoming: Segments;
  /** Edges grouped by the node that they start at. */
  readonly outgoing: Segments;
  /** The matrix by rows. */
  readonly rows: CompressedRows;
  /** The same edges turned round: the transposed matrix. It shares this one's tensors. */
  readonly transposed: Adjacency;

  /** @throws InvalidArgumentError when the lists differ in length or an end is no node */
  constructor(edges: EdgeList);
  /** @internal */
  constructor(edges: Adjacency);
  constructor(edges: EdgeList | Adjacency) {
    if (edges instanceof Adjacency) {
      this.transposed = edges;
      this.edges = edges.edges;
      [this.sources, this.destinations] = [edges.destinations, edges.sources];
      [this.source, this.destination] = [edges.destination, edges.source];
      [this.incoming, this.outgoing] = [edges.outgoing, edges.incoming];
    } else {
      const { sources, destinations = sources } = edges;
      const from = indicesOf('Adjacency: source', edges.source, sources);
      const to = indicesOf('Adjacency: destination', edges.destination, destinations);
      check(
        from.length === to.length,
        () => `Adjacency: ${from.length} sources and ${to.length} destinations; each edge has one of both`,
      );
      this.edges = from.length;
      [this.sources, this.destinations] = [sources, destinations];
      this.incoming = new Segments(to, destinations);
      this.outgoing = new Segments(from, sources);
      [this.source, this.destination] = [this.outgoing.ids, this.incoming.ids];
      // made last, from what stands above
      this.transposed = new Adjacency(this);
    }
    const { pointer, order } = this.incoming;
    const ends = this.outgoing.values.ids;
    const column = order === null ? this.source : lasting(this.incoming.values.order.map((edge) => ends[edge]!));
    this.rows = { pointer, column, edge: order };
  }

  /**
   * Of compressed rows (CSR), as they are: edge number p is the p-th column.
   *
   * @param rowPointer [rows + 1]
   * @param column the source of each edge, row by row
   * @param columns how many sources there are. Default: as many as rows.
   * @throws InvalidArgumentError when the pointer falls or does not end at the number of columns listed
   */
  static fromRows(rowPointer: Indices, column: Indices, columns?: number): Adjacency {
    const edges = column instanceof tf.Tensor ? column.size : column.length;
    const pointer = indicesOf('Adjacency: rowPointer', rowPointer, edges + 1);
    const rows = pointer.length - 1;
    check(
      rows >= 0 && pointer[0] === 0 && pointer[rows] === edges,
      () => `Adjacency: rowPointer must lead from 0 to the number of edges, ${edges}`,
    );
    const destination = new Int32Array(edges);
    for (let row = 0; row < rows; row++) {
      check(pointer[row]! <= pointer[row + 1]!, () => `Adjacency: rowPointer falls after row ${row}`);
      destination.fill(row, pointer[row]!, pointer[row + 1]!);
    }
    return new Adjacency({ source: column, destination, sources: columns ?? rows, destinations: rows });
  }

  dispose(): void {
    for (const { rows, source } of [this, this.transposed]) if (rows.column !== source) rows.column.dispose();
    this.incoming.dispose();
    this.outgoing.dispose();
  }
}
