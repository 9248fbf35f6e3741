import * as tf from '@tensorflow/tfjs-core';
import { check, Module, scope, type Generator, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { hop } from '../hops.js';
import { glorot } from '../initialise.js';
import { checkFeatures } from '../message-passing.js';

export interface GCN2ConvOptions {
  /** Share of the first features. */
  readonly alpha: number;
  /** With `layer`, how much the maps differ from the identity: by log(theta / layer + 1). Default: no identity. */
  readonly theta?: number;
  /** Number of this layer, from 1. */
  readonly layer?: number;
  /** One map for the hidden and for the first features. Default true. */
  readonly sharedWeights?: boolean;
  /** Adds a self loop to each node that has none. Default true. */
  readonly addSelfLoops?: boolean;
  /** Divides by the degrees. Default true. */
  readonly normalize?: boolean;
  readonly generator?: Generator | undefined;
}

/** Convolution with initial residual and identity mapping, for networks of many layers (Chen et al. 2020, arXiv:2007.02133). */
export class GCN2Conv extends Module {
  /** [in, out], also in checkpoints. */
  readonly weight1: Parameter;
  readonly weight2: Parameter | null;
  readonly alpha: number;
  readonly beta: number;
  readonly #norm: { readonly addSelfLoops: boolean; readonly normalize: boolean };

  constructor(
    readonly channels: number,
    options: GCN2ConvOptions,
  ) {
    super();
    const { alpha, theta, layer, sharedWeights = true, addSelfLoops = true, normalize = true, generator } = options;
    check((theta === undefined) === (layer === undefined), 'GCN2Conv: theta and layer belong together');
    this.alpha = alpha;
    this.beta = theta === undefined ? 1 : Math.log(theta / layer! + 1);
    this.weight1 = glorot([channels, channels], { generator });
    this.weight2 = sharedWeights ? null : glorot([channels, channels], { generator });
    this.#norm = { addSelfLoops, normalize };
  }

  /**
   * @param x float32 [nodes, channels]
   * @param first the features before the first such layer, float32 [nodes, channels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, channels]
   */
  forward(x: tf.Tensor, first: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('GCN2Conv', x, edges.nodes, this.channels);
    checkFeatures('GCN2Conv (first features)', first, edges.nodes, this.channels);
    return scope(() => {
      const spread = tf.mul(hop(edges, edgeWeight, this.#norm)(x), 1 - this.alpha);
      const initial = tf.mul(first, this.alpha);
      if (this.weight2 === null) return this.#map(tf.add(spread, initial), this.weight1);
      return tf.add(this.#map(spread, this.weight1), this.#map(initial, this.weight2));
    });
  }

  /** (1 - beta) x + beta x W. */
  #map(x: tf.Tensor, weight: Parameter): tf.Tensor {
    const mapped = tf.mul(tf.matMul(x as tf.Tensor2D, weight.value as tf.Tensor2D), this.beta);
    return this.beta === 1 ? mapped : tf.add(tf.mul(x, 1 - this.beta), mapped);
  }
}
