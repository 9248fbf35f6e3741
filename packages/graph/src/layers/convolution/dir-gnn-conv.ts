import * as tf from '@tensorflow/tfjs-core';
import { Linear, Module, scope, type Generator } from '@hourglass/core';
import { reverseEdges, type EdgeIndex } from '../../edges/index.js';
import { checkFeatures } from '../message-passing.js';
import type { PlainConv } from './anti-symmetric-conv.js';
import { GCNConv } from './gcn-conv.js';

export interface DirGNNConvOptions {
  /**
   * Makes the convolution of one direction. It should leave out the node itself, which has its own map.
   * Default: a {@link GCNConv} without self loops.
   */
  readonly conv?: (inChannels: number, outChannels: number) => PlainConv;
  /** Share of the edges taken backwards. Default 0.5. */
  readonly alpha?: number;
  /** Adds a linear map of the node itself. Default true. */
  readonly rootWeight?: boolean;
  readonly generator?: Generator;
}

/** A convolution for each direction of the edges (Rossi et al. 2023, arXiv:2305.10498). */
export class DirGNNConv<C extends PlainConv = PlainConv> extends Module {
  readonly conv_in: C;
  readonly conv_out: C;
  readonly lin: Linear | null;
  readonly alpha: number;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: DirGNNConvOptions = {},
  ) {
    super();
    const { alpha = 0.5, rootWeight = true, generator } = options;
    const { conv = (inputs, outputs) => new GCNConv(inputs, outputs, { addSelfLoops: false, generator }) } = options;
    this.conv_in = conv(inChannels, outChannels) as C;
    this.conv_out = conv(inChannels, outChannels) as C;
    this.lin = rootWeight ? new Linear(inChannels, outChannels, { generator }) : null;
    this.alpha = alpha;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    checkFeatures('DirGNNConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const forwards = tf.mul(this.conv_in.forward(x, edges), 1 - this.alpha);
      const backwards = tf.mul(this.conv_out.forward(x, reverseEdges(edges)), this.alpha);
      const y = tf.add(forwards, backwards);
      return this.lin === null ? y : tf.add(y, this.lin.forward(x));
    });
  }
}
