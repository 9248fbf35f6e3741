import type * as tf from '@tensorflow/tfjs-core';
import { Module, scope } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { hop } from '../hops.js';
import { checkFeatures } from '../message-passing.js';

/** Light graph convolution: the normalised sum of the neighbours and nothing else (He et al. 2020, arXiv:2002.02126). */
export class LGConv extends Module {
  readonly #normalize: boolean;

  /** @param options.normalize divides by the degrees. Default true. */
  constructor(options: { readonly normalize?: boolean } = {}) {
    super();
    this.#normalize = options.normalize ?? true;
  }

  /**
   * @param x float32 [nodes, channels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, channels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('LGConv', x, edges.nodes);
    return scope(() => hop(edges, edgeWeight, { normalize: this.#normalize, addSelfLoops: false })(x));
  }
}
