import * as tf from '@tensorflow/tfjs-core';
import { Linear, Module, ModuleList, scope, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { hop, hops } from '../hops.js';
import { zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';

export interface TAGConvOptions extends ConvOptions {
  /** Number of hops. Default 3. */
  readonly K?: number;
  /** Divides by the degrees. Default true. */
  readonly normalize?: boolean;
}

/** Topology adaptive graph convolution: a linear map of its own for each number of hops (Du et al. 2017, arXiv:1710.10370). */
export class TAGConv extends Module {
  readonly lins: ModuleList<Linear>;
  readonly bias: Parameter | null;
  readonly K: number;
  readonly #normalize: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: TAGConvOptions = {},
  ) {
    super();
    const { K = 3, normalize = true, bias = true, generator } = options;
    const lins = Array.from({ length: K + 1 }, () => new Linear(inChannels, outChannels, { bias: false, generator }));
    this.lins = new ModuleList(lins);
    this.bias = bias ? zeroBias(outChannels) : null;
    this.K = K;
    this.#normalize = normalize;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('TAGConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const once = hop(edges, edgeWeight, { normalize: this.#normalize, addSelfLoops: false });
      const y = tf.addN(hops(x, this.K, once).map((power, k) => this.lins.at(k).forward(power)));
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }
}
