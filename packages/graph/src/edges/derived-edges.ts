import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';
import { EdgeIndex, type Disposable } from './edge-index.js';

/** Where an edge of a derived list comes from. */
export interface EdgeOrigins {
  readonly source: Int32Array;
  readonly destination: Int32Array;
  /** [edges]: number of the edge in the first list; that list's length + i stands for the i-th new edge. */
  readonly origin: Int32Array;
  /** How many new edges there are to come from. */
  readonly added: number;
}

/** Edges made from others by leaving some out and adding some, and how values of the first become values of these. */
export class DerivedEdges implements Disposable {
  readonly edges: EdgeIndex;
  readonly #origin: tf.Tensor1D;

  /** @param nodes how many sources and destinations there are. Default: as many as before. */
  constructor(
    readonly from: EdgeIndex,
    readonly origins: EdgeOrigins,
    nodes: number | readonly [number, number] = [from.sources, from.destinations],
  ) {
    this.edges = new EdgeIndex([origins.source, origins.destination], nodes);
    this.#origin = tf.keep(tf.tensor1d(origins.origin, 'int32'));
  }

  /**
   * Weights or attributes of the edges.
   *
   * @param values [edges of the first list, …]
   * @param fill what new edges get: a number, or values [added, …]
   * @returns [edges of this list, …], differentiable in both
   */
  carry(values: tf.Tensor, fill: number | tf.Tensor): tf.Tensor {
    const { added } = this.origins;
    check(
      values.rank > 0 && values.shape[0] === this.from.edges,
      () => `values of edges must be [${this.from.edges}, …], a row for each edge, got [${values.shape.join(', ')}]`,
    );
    return scope(() => {
      const more = typeof fill === 'number' ? tf.fill([added, ...values.shape.slice(1)], fill) : fill;
      return tf.gather(added === 0 ? values : tf.concat([values, more]), this.#origin);
    });
  }

  dispose(): void {
    this.edges.dispose();
    this.#origin.dispose();
  }
}
