import * as tf from '@tensorflow/tfjs-core';
import { Dropout, functional, losses, Module, scope, type Linear, type Parameter } from '@hourglass/core';
import { replaceSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { glorot, glorotLinear, zeroBias } from '../initialise.js';
import { atDestinations, atSources, checkFeatures, type ConvOptions } from '../message-passing.js';
import { joinHeads, splitHeads } from './attention.js';

export interface SuperGATConvOptions extends ConvOptions {
  /** Default 1. */
  readonly heads?: number;
  /** Heads side by side; false for their mean. Default true. */
  readonly concat?: boolean;
  /** Slope of the leaky ReLU. Default 0.2. */
  readonly negativeSlope?: number;
  /** Probability with which attention to a neighbour is dropped. Default 0. */
  readonly dropout?: number;
  /** One self loop for each node. Default true. */
  readonly addSelfLoops?: boolean;
  /** Mixed, `MX`: GAT's scores times the sigmoid of the inner product; `SD`: the scaled inner product. Default `MX`. */
  readonly attentionType?: 'MX' | 'SD';
}

/**
 * Graph attention that also learns to tell edges from pairs that are none (Kim and Oh 2021, arXiv:2204.04879). Add
 * {@link SuperGATConv.attentionLoss} to the loss.
 */
export class SuperGATConv extends Module {
  readonly lin: Linear;
  readonly att_l: Parameter | null;
  readonly att_r: Parameter | null;
  readonly bias: Parameter | null;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly concat: boolean;
  readonly addSelfLoops: boolean;
  readonly #negativeSlope: number;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: SuperGATConvOptions = {},
  ) {
    super();
    const { heads = 1, concat = true, negativeSlope = 0.2, dropout = 0, addSelfLoops = true } = options;
    const { attentionType = 'MX', bias = true, generator } = options;
    const isMixed = attentionType === 'MX';
    this.lin = glorotLinear(inChannels, heads * outChannels, { bias: false, generator });
    this.att_l = isMixed ? glorot([1, heads, outChannels], { generator }) : null;
    this.att_r = isMixed ? glorot([1, heads, outChannels], { generator }) : null;
    this.bias = bias ? zeroBias(concat ? heads * outChannels : outChannels) : null;
    this.dropout = new Dropout(dropout, { generator });
    this.heads = heads;
    this.concat = concat;
    this.addSelfLoops = addSelfLoops;
    this.#negativeSlope = negativeSlope;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, heads * outChannels], or [nodes, outChannels] without `concat`
   */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    checkFeatures('SuperGATConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const target = this.addSelfLoops ? replaceSelfLoops(edges).edges : edges;
      const hidden = splitHeads(this.lin.forward(x), this.heads);
      const attention = functional.segmentSoftmax(this.#scores(hidden, target), target.incoming);
      const y = joinHeads(functional.spmm(target.adjacency, this.dropout.forward(attention), hidden), this.concat);
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }

  /**
   * Binary cross entropy of telling edges from other pairs of nodes by their attention.
   *
   * @param x float32 [nodes, inChannels]
   * @param negative pairs that are no edges, as many as you like
   * @returns a scalar
   */
  attentionLoss(x: tf.Tensor, edges: EdgeIndex, negative: EdgeIndex): tf.Tensor {
    return scope(() => {
      const target = this.addSelfLoops ? replaceSelfLoops(edges).edges : edges;
      const hidden = splitHeads(this.lin.forward(x), this.heads);
      const logits = tf.concat([target, negative].map((pairs) => tf.mean(this.#likeness(hidden, pairs), 1)));
      const labels = tf.concat([tf.ones([target.edges]), tf.zeros([negative.edges])]);
      return losses.bceWithLogits(logits, labels);
    });
  }

  /** Inner products of both ends, for `SD` scaled: [edges, heads]. */
  #likeness(hidden: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    const products = functional.sddmm(edges.adjacency, hidden, hidden);
    return this.att_l === null ? tf.div(products, Math.sqrt(this.outChannels)) : products;
  }

  #scores(hidden: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    const likeness = this.#likeness(hidden, edges);
    if (this.att_l === null) return functional.leakyRelu(likeness, this.#negativeSlope);
    const part = (by: Parameter): tf.Tensor => tf.sum(tf.mul(hidden, by.value), -1);
    const sum = tf.add(atSources(part(this.att_l), edges), atDestinations(part(this.att_r!), edges));
    return functional.leakyRelu(tf.mul(sum, tf.sigmoid(likeness)), this.#negativeSlope);
  }
}
