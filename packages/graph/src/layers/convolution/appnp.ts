import * as tf from '@tensorflow/tfjs-core';
import { Dropout, functional, Module, scope, type Generator } from '@hourglass/core';
import { gcnNorm, type EdgeIndex } from '../../edges/index.js';
import { checkFeatures } from '../message-passing.js';

export interface APPNPOptions {
  /** Number of hops. */
  readonly K: number;
  /** Probability of jumping back to the node itself. */
  readonly alpha: number;
  /** Probability with which an edge is left out of a hop while training. Default 0. */
  readonly dropout?: number;
  /** Adds a self loop to each node that has none. Default true. */
  readonly addSelfLoops?: boolean;
  /** Divides by the degrees. Default true. */
  readonly normalize?: boolean;
  /** For dropout. */
  readonly generator?: Generator | undefined;
}

/**
 * Personalised PageRank of predictions, by power iteration (Klicpera et al. 2018, arXiv:1810.05997). Has no parameters. Each hop drops
 * edges of its own, as the paper says.
 */
export class APPNP extends Module {
  readonly K: number;
  readonly alpha: number;
  readonly dropout: Dropout;
  readonly #norm: { readonly normalize: boolean; readonly addSelfLoops: boolean };

  constructor(options: APPNPOptions) {
    super();
    const { K, alpha, dropout = 0, addSelfLoops = true, normalize = true, generator } = options;
    this.K = K;
    this.alpha = alpha;
    this.dropout = new Dropout(dropout, { generator });
    this.#norm = { normalize, addSelfLoops };
  }

  /**
   * @param x float32 [nodes, channels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, channels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('APPNP', x, edges.nodes);
    return scope(() => {
      const { normalize, ...norm } = this.#norm;
      const weighted = normalize ? gcnNorm(edges, edgeWeight, norm) : { edges, weight: edgeWeight };
      const back = tf.mul(x, this.alpha);
      let y = x;
      for (let k = 0; k < this.K; k++) {
        const spread = functional.spmm(weighted.edges.adjacency, this.#dropped(weighted.edges, weighted.weight), y);
        y = tf.add(tf.mul(spread, 1 - this.alpha), back);
      }
      return y === x ? tf.clone(x) : y;
    });
  }

  /** Drawn anew for each hop, as the paper has it; the reference drops again of what the hop before has left. */
  #dropped({ edges }: EdgeIndex, weight: tf.Tensor | null): tf.Tensor | null {
    if (!this.training || this.dropout.p === 0) return weight;
    return this.dropout.forward(weight ?? tf.ones([edges]));
  }
}
