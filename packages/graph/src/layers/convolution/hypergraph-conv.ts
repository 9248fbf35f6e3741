import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, functional, Module, scope, type Linear, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { glorot, glorotLinear, zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { inverseDegree, perRow } from '../propagate.js';
import { joinHeads, splitHeads } from './attention.js';

export interface HypergraphConvOptions extends ConvOptions {
  /** Attention of nodes to their hyperedges, which then need attributes. Default false. */
  readonly useAttention?: boolean;
  /** Softmax among a hyperedge's nodes, or among a node's hyperedges. Default `node`. */
  readonly attentionMode?: 'node' | 'edge';
  /** With attention. Default 1. */
  readonly heads?: number;
  /** With attention: heads side by side; false for their mean. Default true. */
  readonly concat?: boolean;
  /** Slope of the leaky ReLU. Default 0.2. */
  readonly negativeSlope?: number;
  /** Probability with which attention is dropped. Default 0. */
  readonly dropout?: number;
}

/** Convolution of hypergraphs, whose edges join any number of nodes, with attention if asked for (Bai et al. 2019, arXiv:1901.08150). */
export class HypergraphConv extends Module {
  readonly lin: Linear;
  readonly att: Parameter | null;
  readonly bias: Parameter | null;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly concat: boolean;
  readonly attentionMode: 'node' | 'edge';
  readonly #negativeSlope: number;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: HypergraphConvOptions = {},
  ) {
    super();
    const { useAttention = false, attentionMode = 'node', negativeSlope = 0.2, dropout = 0 } = options;
    const { bias = true, generator } = options;
    const { heads, concat } = useAttention ? { heads: 1, concat: true, ...options } : { heads: 1, concat: true };
    const random = { generator };
    this.lin = glorotLinear(inChannels, heads * outChannels, { bias: false, ...random });
    this.att = useAttention ? glorot([1, heads, 2 * outChannels], random) : null;
    this.bias = bias ? zeroBias(concat ? heads * outChannels : outChannels) : null;
    this.dropout = new Dropout(dropout, random);
    this.heads = heads;
    this.concat = concat;
    this.attentionMode = attentionMode;
    this.#negativeSlope = negativeSlope;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param incidence a bipartite graph from nodes to the hyperedges that they are in
   * @param hyperedgeWeight float32 [hyperedges], what each counts in the nodes' degrees; null for ones
   * @param hyperedgeAttr float32 [hyperedges, inChannels]; needed for attention
   * @returns float32 [nodes, heads * outChannels], or [nodes, outChannels] without `concat`
   */
  forward(
    x: tf.Tensor,
    incidence: EdgeIndex,
    hyperedgeWeight: tf.Tensor | null = null,
    hyperedgeAttr: tf.Tensor | null = null,
  ): tf.Tensor {
    checkFeatures('HypergraphConv', x, incidence.sources, this.inChannels);
    const count = incidence.destinations;
    check(
      hyperedgeWeight === null || (hyperedgeWeight.rank === 1 && hyperedgeWeight.shape[0] === count),
      () => `HypergraphConv: hyperedgeWeight must be [${count}], got [${hyperedgeWeight!.shape.join(', ')}]`,
    );
    return scope(() => {
      const { adjacency } = incidence;
      const mapped = splitHeads(this.lin.forward(x), this.heads);
      const attention = this.att === null ? null : this.#attention(mapped, incidence, hyperedgeAttr);
      const ofEdges = tf.mul(functional.spmm(adjacency, attention, mapped), perRow(inverseDegree(incidence), 3));
      // what all hyperedges of a node weigh together
      const weight = functional.spmm(adjacency.transposed, null, hyperedgeWeight ?? tf.ones([count]));
      const none = tf.equal(weight, 0);
      const inverse = tf.where(none, tf.zerosLike(weight), tf.reciprocal(tf.where(none, tf.onesLike(weight), weight)));
      const ofNodes = tf.mul(functional.spmm(adjacency.transposed, attention, ofEdges), perRow(inverse, 3));
      const y = joinHeads(ofNodes, this.concat);
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }

  /** [incidences, heads] */
  #attention(mapped: tf.Tensor, incidence: EdgeIndex, attributes: tf.Tensor | null): tf.Tensor {
    check(attributes !== null, 'HypergraphConv: attention needs hyperedgeAttr');
    checkFeatures('HypergraphConv (hyperedges)', attributes, incidence.destinations, this.inChannels);
    const [ofNode, ofEdge] = tf.split(this.att!.value, 2, -1) as [tf.Tensor, tf.Tensor];
    const score = (x: tf.Tensor, by: tf.Tensor): tf.Tensor => tf.sum(tf.mul(x, by), -1);
    const scores = tf.add(
      functional.segmentGather(score(mapped, ofNode), incidence.outgoing),
      functional.segmentGather(score(splitHeads(this.lin.forward(attributes), this.heads), ofEdge), incidence.incoming),
    );
    const among = this.attentionMode === 'node' ? incidence.incoming : incidence.outgoing;
    const active = functional.leakyRelu(scores, this.#negativeSlope);
    return this.dropout.forward(functional.segmentSoftmax(active, among));
  }
}
