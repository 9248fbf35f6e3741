import * as tf from '@tensorflow/tfjs-core';
import { Linear, Module, scope, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { hop, hops } from './hops.js';
import { checkFeatures } from './message-passing.js';

/** What {@link AdaptivePropagation.retain} returns. */
export interface Retained {
  /** float32 [nodes, channels] */
  readonly value: tf.Tensor;
  /** float32 [nodes, K + 1]: how much of each number of hops a node keeps, between 0 and 1. */
  readonly scores: tf.Tensor;
}

/** The sum of 0 … K hops, each node keeping of each hop what it scores (Liu, Gao and Ji 2020, arXiv:2007.09296). */
export class AdaptivePropagation extends Module {
  readonly proj: Linear;

  /** @param K number of hops */
  constructor(
    readonly channels: number,
    readonly K: number,
    options: { readonly generator?: Generator | undefined } = {},
  ) {
    super();
    this.proj = new Linear(channels, 1, options);
  }

  /**
   * @param x float32 [nodes, channels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, channels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    return scope(() => this.retain(x, edges, edgeWeight).value);
  }

  /** {@link forward}, with the scores. */
  retain(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): Retained {
    checkFeatures('AdaptivePropagation', x, edges.nodes, this.channels);
    return scope(() => {
      const all = tf.stack(hops(x, this.K, hop(edges, edgeWeight)), 1);
      const scores = tf.sigmoid(this.proj.forward(all));
      return { value: tf.sum(tf.mul(scores, all), 1), scores: tf.squeeze(scores, [2]) };
    });
  }
}
