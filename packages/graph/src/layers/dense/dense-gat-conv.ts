import * as tf from '@tensorflow/tfjs-core';
import { Dropout, functional, Module, scope, type Linear, type Parameter } from '@hourglass/core';
import { glorot, glorotLinear, zeroBias } from '../initialise.js';
import type { ConvOptions } from '../message-passing.js';
import type { DenseConvInputs } from './dense-gcn-conv.js';
import { denseGraphs, masked, withDiagonal } from './dense.js';

export interface DenseGATConvOptions extends ConvOptions {
  /** Default 1. */
  readonly heads?: number;
  /** Heads side by side; false for their mean. Default true. */
  readonly concat?: boolean;
  /** Slope of the leaky ReLU. Default 0.2. */
  readonly negativeSlope?: number;
  /** Probability with which attention to a neighbour is dropped. Default 0. */
  readonly dropout?: number;
}

/** Graph attention of graphs given by their adjacency matrices, of at most 5,000 nodes. See `GATConv`. */
export class DenseGATConv extends Module {
  readonly lin: Linear;
  readonly att_src: Parameter;
  readonly att_dst: Parameter;
  readonly bias: Parameter | null;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly concat: boolean;
  readonly #negativeSlope: number;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: DenseGATConvOptions = {},
  ) {
    super();
    const { heads = 1, concat = true, negativeSlope = 0.2, dropout = 0, bias = true, ...random } = options;
    this.lin = glorotLinear(inChannels, heads * outChannels, { bias: false, ...random });
    this.att_src = glorot([1, 1, heads, outChannels], random);
    this.att_dst = glorot([1, 1, heads, outChannels], random);
    this.bias = bias ? zeroBias(concat ? heads * outChannels : outChannels) : null;
    this.dropout = new Dropout(dropout, random);
    this.heads = heads;
    this.concat = concat;
    this.#negativeSlope = negativeSlope;
  }

  /**
   * @param x float32 [batch, nodes, inChannels], or without the batch axis
   * @param adj float32 [batch, nodes, nodes]; row i lists what node i attends to, where it is not 0
   * @returns float32 [batch, nodes, heads * outChannels], or [batch, nodes, outChannels] without `concat`
   */
  forward(x: tf.Tensor, adj: tf.Tensor, { mask = null, addLoop = true }: DenseConvInputs = {}): tf.Tensor {
    return scope(() => {
      const graphs = denseGraphs('DenseGATConv', x, adj);
      const [batch, nodes] = graphs.x.shape as [number, number];
      const values = tf.reshape(this.lin.forward(graphs.x), [batch, nodes, this.heads, this.outChannels]);
      const score = (by: Parameter): tf.Tensor => tf.sum(tf.mul(values, by.value), -1);
      const scores = functional.leakyRelu(
        tf.add(tf.expandDims(score(this.att_src), 1), tf.expandDims(score(this.att_dst), 2)),
        this.#negativeSlope,
      );
      const matrix = addLoop ? withDiagonal(graphs.adj, 1) : graphs.adj;
      const attention = this.dropout.forward(softmaxWhere(tf.notEqual(matrix, 0), scores));
      // [batch, heads, nodes, channels]
      const heads = tf.matMul(tf.transpose(attention, [0, 3, 1, 2]), tf.transpose(values, [0, 2, 1, 3]));
      const y = tf.transpose(heads, [0, 2, 1, 3]);
      const joined = this.concat ? tf.reshape(y, [batch, nodes, this.heads * this.outChannels]) : tf.mean(y, 2);
      return masked('DenseGATConv', this.bias === null ? joined : tf.add(joined, this.bias.value), mask, graphs);
    });
  }
}

/** Softmax of scores [batch, n, n, heads] over axis 2 where there is an edge; zeros for a row without any. */
function softmaxWhere(isEdge: tf.Tensor, scores: tf.Tensor): tf.Tensor {
  const everywhere = tf.broadcastTo(tf.expandDims(isEdge, 3), scores.shape);
  const top = functional.stopGradient(tf.max(tf.where(everywhere, scores, tf.fill(scores.shape, -Infinity)), 2, true));
  // no exponential is taken where there is no edge: it might be infinite
  const shifted = tf.where(everywhere, tf.sub(scores, top), tf.fill(scores.shape, -Infinity));
  const weights = tf.exp(shifted);
  const sum = tf.sum(weights, 2, true);
  return tf.div(weights, tf.add(sum, tf.cast(tf.equal(sum, 0), 'float32')));
}
