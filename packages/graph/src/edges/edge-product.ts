import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { EdgeIndex, type Disposable } from './edge-index.js';

/** Edges that stand for all paths of an edge of one list and one of another, and their values. */
export class EdgeProduct implements Disposable {
  /** Sorted by source, then by destination; no pair of ends twice. */
  readonly edges: EdgeIndex;
  /** Which edge each path became part of. */
  readonly #groups: functional.Segments;
  /** int32 [paths]: the edge of each list that a path takes. */
  readonly #first: tf.Tensor1D;
  readonly #second: tf.Tensor1D;

  /** @internal use {@link edgeProduct} */
  constructor(a: EdgeIndex, b: EdgeIndex) {
    const { source, destination, first, second, group } = paths(a, b);
    this.edges = new EdgeIndex([source, destination], [a.sources, b.destinations]);
    this.#groups = new functional.Segments(group, source.length);
    this.#first = tf.keep(tf.tensor1d(first, 'int32'));
    this.#second = tf.keep(tf.tensor1d(second, 'int32'));
  }

  /**
   * Entries of the product of the matrices whose entries these are.
   *
   * @param a float32 [edges of the first list]
   * @param b float32 [edges of the second]
   * @returns float32 [edges of this list], differentiable in both
   */
  multiply(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return scope(() =>
      functional.segmentSum(tf.mul(tf.gather(a, this.#first), tf.gather(b, this.#second)), this.#groups),
    );
  }

  dispose(): void {
    for (const made of [this.edges, this.#groups, this.#first, this.#second]) made.dispose();
  }
}

/**
 * The sparse product of two matrices given by their entries, rows being sources: made on the host, once, as it depends on the edges
 * alone; entries follow by {@link EdgeProduct.multiply}. It holds every path of two edges. The caller's to dispose.
 *
 * @throws InvalidArgumentError when the first's destinations are not the second's sources, or there are too many paths
 */
export function edgeProduct(a: EdgeIndex, b: EdgeIndex): EdgeProduct {
  check(
    a.destinations === b.sources,
    () => `edgeProduct: edges lead to ${a.destinations} nodes, and others start at ${b.sources}`,
  );
  return new EdgeProduct(a, b);
}

const maxPaths = 2 ** 28;

function paths(
  a: EdgeIndex,
  b: EdgeIndex,
): Readonly<Record<'source' | 'destination' | 'first' | 'second' | 'group', Int32Array>> {
  const starts = b.outgoing.values;
  const { pointer, order } = a.outgoing.values;
  let count = 0;
  for (const middle of a.destination) count += starts.pointer[middle + 1]! - starts.pointer[middle]!;
  check(
    count <= maxPaths,
    () => `edgeProduct: ${count} paths of two edges, more than ${maxPaths}: the product of these graphs is too dense`,
  );
  const [first, second, group] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const [source, destination]: [number[], number[]] = [[], []];
  const place = new Int32Array(b.destinations).fill(-1);
  let at = 0;
  for (let row = 0; row < a.sources; row++) {
    const begin = at;
    const reached: number[] = [];
    for (let p = pointer[row]!; p < pointer[row + 1]!; p++) {
      const one = order[p]!;
      const middle = a.destination[one]!;
      for (let q = starts.pointer[middle]!; q < starts.pointer[middle + 1]!; q++) {
        const two = starts.order[q]!;
        const end = b.destination[two]!;
        if (place[end] === -1) {
          place[end] = 0;
          reached.push(end);
        }
        first[at] = one;
        second[at] = two;
        group[at++] = end;
      }
    }
    reached.sort((x, y) => x - y);
    for (const end of reached) {
      place[end] = source.length;
      source.push(row);
      destination.push(end);
    }
    for (let i = begin; i < at; i++) group[i] = place[group[i]!]!;
    for (const end of reached) place[end] = -1;
  }
  return { source: Int32Array.from(source), destination: Int32Array.from(destination), first, second, group };
}
