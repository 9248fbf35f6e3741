import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, functional, Linear, Module, scope, type Generator } from '@hourglass/core';
import { gcnNorm, type EdgeIndex } from '../../edges/index.js';
import { atDestinations, atSources, checkFeatures } from '../message-passing.js';

export interface FAConvOptions {
  /** Share of the first features. Default 0.1. */
  readonly eps?: number;
  /** Probability with which an edge's coefficient is dropped. Default 0. */
  readonly dropout?: number;
  /** Adds a self loop to each node that has none. Default true. */
  readonly addSelfLoops?: boolean;
  /** Divides by the degrees; false takes the given weights of edges. Default true. */
  readonly normalize?: boolean;
  readonly generator?: Generator | undefined;
}

/** Frequency adaptive convolution: edges may count negative, so that differences pass too (Bo et al. 2021, arXiv:2101.00797). */
export class FAConv extends Module {
  readonly att_l: Linear;
  readonly att_r: Linear;
  readonly dropout: Dropout;
  readonly eps: number;
  readonly #norm: { readonly addSelfLoops: boolean; readonly normalize: boolean };

  constructor(
    readonly channels: number,
    options: FAConvOptions = {},
  ) {
    super();
    const { eps = 0.1, dropout = 0, addSelfLoops = true, normalize = true, generator } = options;
    this.att_l = new Linear(channels, 1, { bias: false, generator });
    this.att_r = new Linear(channels, 1, { bias: false, generator });
    this.dropout = new Dropout(dropout, { generator });
    this.eps = eps;
    this.#norm = { addSelfLoops, normalize };
  }

  /**
   * @param x float32 [nodes, channels]
   * @param first the features before the first such layer, float32 [nodes, channels]
   * @param edgeWeight float32 [edges], without `normalize` only
   * @returns float32 [nodes, channels]
   */
  forward(x: tf.Tensor, first: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('FAConv', x, edges.nodes, this.channels);
    checkFeatures('FAConv (first features)', first, edges.nodes, this.channels);
    const { normalize, addSelfLoops } = this.#norm;
    check(normalize === (edgeWeight === null), 'FAConv: takes weights of edges without `normalize`, and none with it');
    return scope(() => {
      const { edges: target, weight } = normalize
        ? gcnNorm(edges, null, { addSelfLoops })
        : { edges, weight: edgeWeight! };
      const scores = tf.add(atSources(this.att_l.forward(x), target), atDestinations(this.att_r.forward(x), target));
      const coefficients = this.dropout.forward(tf.tanh(tf.reshape(scores, [target.edges])));
      const y = functional.spmm(target.adjacency, tf.mul(coefficients, weight), x);
      return this.eps === 0 ? y : tf.add(y, tf.mul(first, this.eps));
    });
  }
}
