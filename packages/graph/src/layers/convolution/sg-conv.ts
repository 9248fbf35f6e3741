import * as tf from '@tensorflow/tfjs-core';
import { Linear, Module, scope } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { hop, hops } from '../hops.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { mapNarrowly } from '../propagate.js';

export interface SGConvOptions extends ConvOptions {
  /** Number of hops. Default 1. */
  readonly K?: number;
  /** Adds a self loop to each node that has none. Default true. */
  readonly addSelfLoops?: boolean;
}

/**
 * Simplified graph convolution: a linear map of features spread over K hops (Wu et al. 2019, arXiv:1902.07153). The hops have no
 * parameters; to train fast, compute them once with {@link propagateHops} and train `lin` alone.
 */
export class SGConv extends Module {
  readonly lin: Linear;
  readonly K: number;
  readonly addSelfLoops: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: SGConvOptions = {},
  ) {
    super();
    const { K = 1, addSelfLoops = true, ...rest } = options;
    this.lin = new Linear(inChannels, outChannels, rest);
    this.K = K;
    this.addSelfLoops = addSelfLoops;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('SGConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const once = hop(edges, edgeWeight, { addSelfLoops: this.addSelfLoops });
      const { weight, bias } = this.lin;
      return mapNarrowly(x, weight.value, bias?.value ?? null, (x) => hops(x, this.K, once).at(-1)!);
    });
  }
}

/** Simple spectral graph convolution: the mean over K hops besides a share alpha of the node itself (Zhu and Koniusz 2021, ICLR). */
export class SSGConv extends Module {
  readonly lin: Linear;
  readonly K: number;
  readonly alpha: number;
  readonly addSelfLoops: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: SGConvOptions & {
      /** Share of the node itself. */
      readonly alpha: number;
    },
  ) {
    super();
    const { K = 1, addSelfLoops = true, alpha, ...rest } = options;
    this.lin = new Linear(inChannels, outChannels, rest);
    this.K = K;
    this.alpha = alpha;
    this.addSelfLoops = addSelfLoops;
  }

  /** As {@link SGConv.forward}. */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('SSGConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const once = hop(edges, edgeWeight, { addSelfLoops: this.addSelfLoops });
      const { weight, bias } = this.lin;
      return mapNarrowly(x, weight.value, bias?.value ?? null, (x) => {
        const [own, ...spread] = hops(x, this.K, once);
        const rest = tf.mul(tf.addN(spread), (1 - this.alpha) / this.K);
        return tf.add(tf.mul(own!, this.alpha), rest);
      });
    });
  }
}
