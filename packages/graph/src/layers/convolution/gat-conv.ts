import * as tf from '@tensorflow/tfjs-core';
import { functional, type Linear, type Parameter } from '@hourglass/core';
import { glorot, glorotLinear } from '../initialise.js';
import { atDestinations, atSources } from '../message-passing.js';
import { splitHeads } from './attention.js';
import { GraphAttentionConv, type Attending, type GATConvOptions } from './graph-attention.js';

/** Graph attention (Veličković et al. 2017, arXiv:1710.10903). */
export class GATConv extends GraphAttentionConv {
  /** For one set of nodes. */
  readonly lin: Linear | null;
  /** For bipartite graphs. */
  readonly lin_src: Linear | null;
  readonly lin_dst: Linear | null;
  readonly att_src: Parameter;
  readonly att_dst: Parameter;
  readonly att_edge: Parameter | null;
  readonly #negativeSlope: number;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(inChannels: number | readonly [number, number], outChannels: number, options: GATConvOptions = {}) {
    super(inChannels, outChannels, options);
    const { negativeSlope = 0.2, edgeDim, generator } = options;
    const map = (inputs: number): Linear => glorotLinear(inputs, this.heads * outChannels, { bias: false, generator });
    const vector = (): Parameter => glorot([1, this.heads, outChannels], { generator });
    const isShared = typeof inChannels === 'number';
    this.lin = isShared ? map(inChannels) : null;
    this.lin_src = isShared ? null : map(inChannels[0]);
    this.lin_dst = isShared ? null : map(inChannels[1]);
    this.att_src = vector();
    this.att_dst = vector();
    this.att_edge = edgeDim === undefined ? null : vector();
    this.#negativeSlope = negativeSlope;
  }

  protected override score({ xSource, xDestination, edges, attributes }: Attending): {
    values: tf.Tensor;
    scores: tf.Tensor;
  } {
    const split = (map: Linear | null, x: tf.Tensor): tf.Tensor =>
      splitHeads((this.lin ?? map!).forward(x), this.heads);
    const score = (x: tf.Tensor, by: Parameter): tf.Tensor => tf.sum(tf.mul(x, by.value), -1);
    const values = split(this.lin_src, xSource);
    let scores = atSources(score(values, this.att_src), edges);
    if (xDestination !== null) {
      const isSame = this.lin !== null && xDestination === xSource;
      const destination = isSame ? values : split(this.lin_dst, xDestination);
      scores = tf.add(scores, atDestinations(score(destination, this.att_dst), edges));
    }
    if (attributes !== null) {
      scores = tf.add(scores, score(splitHeads(this.lin_edge!.forward(attributes), this.heads), this.att_edge!));
    }
    return { values, scores: functional.leakyRelu(scores, this.#negativeSlope) };
  }
}
