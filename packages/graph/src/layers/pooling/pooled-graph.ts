import type * as tf from '@tensorflow/tfjs-core';
import type { functional } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';

/** What {@link PooledGraph} is made of. */
export interface PooledParts {
  readonly x: tf.Tensor;
  readonly edgeAttr: tf.Tensor | null;
  readonly score: tf.Tensor;
  readonly edges: EdgeIndex;
  readonly batch: functional.Segments;
  readonly perm: Int32Array;
  /** Frees edges and batch. */
  readonly free: () => void;
}

/**
 * A batch of graphs with fewer nodes than before. Its tensors belong to the surrounding scope. Its edges and its batch are new
 * structures, which live until `dispose`; gradients need them, so in a training step call core's `disposeAfterGradients` on this
 * instead.
 */
export class PooledGraph {
  /** float32 [nodes kept, …] */
  readonly x: tf.Tensor;
  /** [edges kept, …]; null where there were none. */
  readonly edgeAttr: tf.Tensor | null;
  /** float32 [nodes kept]: what the nodes were chosen by; differentiable. */
  readonly score: tf.Tensor;
  // behind accessors, since tf.tidy walks through the fields of what it returns
  readonly #parts: PooledParts;

  constructor(parts: PooledParts) {
    this.x = parts.x;
    this.edgeAttr = parts.edgeAttr;
    this.score = parts.score;
    this.#parts = parts;
  }

  /** Edges between the nodes that are left. */
  get edges(): EdgeIndex {
    return this.#parts.edges;
  }

  /** Which graph each node that is left belongs to. */
  get batch(): functional.Segments {
    return this.#parts.batch;
  }

  /** The former number of each node; for merged nodes, of the one that they are named after. */
  get perm(): Int32Array {
    return this.#parts.perm;
  }

  dispose(): void {
    this.#parts.free();
  }
}
