import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, functional, Linear, Module, scope } from '@hourglass/core';
import { edgesAsSources, type EdgeIndex } from '../../edges/index.js';
import { bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { joinHeads, splitHeads, type Attention } from './attention.js';

export interface TransformerConvOptions extends ConvOptions {
  /** Default 1. */
  readonly heads?: number;
  /** Heads side by side; false for their mean. Default true. */
  readonly concat?: boolean;
  /** Weighs what a node hears against its own features by a learned gate. Default false. */
  readonly beta?: boolean;
  /** Probability with which attention to a neighbour is dropped. Default 0. */
  readonly dropout?: number;
  /** Width of the edges' attributes, where there are any. */
  readonly edgeDim?: number;
  /** Adds a linear map of the node's own features. Default true. */
  readonly rootWeight?: boolean;
}

/** Attention of the Transformer over the edges of a graph (Shi et al. 2020, arXiv:2009.03509). */
export class TransformerConv extends Module {
  readonly lin_key: Linear;
  readonly lin_query: Linear;
  readonly lin_value: Linear;
  readonly lin_edge: Linear | null;
  /** In checkpoints also where `rootWeight` is false, as in the reference; then unused. */
  readonly lin_skip: Linear;
  readonly lin_beta: Linear | null;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly concat: boolean;
  readonly rootWeight: boolean;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: TransformerConvOptions = {},
  ) {
    super();
    const { heads = 1, concat = true, beta = false, dropout = 0, edgeDim, rootWeight = true } = options;
    const { bias = true, generator } = options;
    const random = { generator };
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const width = heads * outChannels;
    const total = concat ? width : outChannels;
    this.lin_key = new Linear(sourceWidth, width, { bias, ...random });
    this.lin_query = new Linear(destinationWidth, width, { bias, ...random });
    this.lin_value = new Linear(sourceWidth, width, { bias, ...random });
    this.lin_edge = edgeDim === undefined ? null : new Linear(edgeDim, width, { bias: false, ...random });
    this.lin_skip = new Linear(destinationWidth, total, { bias, ...random });
    this.lin_beta = beta && rootWeight ? new Linear(3 * total, 1, { bias: false, ...random }) : null;
    this.dropout = new Dropout(dropout, random);
    this.heads = heads;
    this.concat = concat;
    this.rootWeight = rootWeight;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, edgeDim]; needed by a layer that was made with edgeDim
   * @returns float32 [destinations, heads * outChannels], or [destinations, outChannels] without `concat`
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    return scope(() => this.attend(x, edges, edgeAttr).value);
  }

  /** {@link forward}, with the coefficients. */
  attend(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): Attention {
    const [xSource, xDestination] = bothSides(x);
    check(xDestination !== null, 'TransformerConv: the destinations need features too');
    checkFeatures('TransformerConv', xSource, edges.sources);
    checkFeatures('TransformerConv', xDestination, edges.destinations);
    check(
      (edgeAttr === null) === (this.lin_edge === null),
      () =>
        `TransformerConv: the layer was made ${this.lin_edge === null ? 'without' : 'with'} edgeDim, ` +
        `and is called ${edgeAttr === null ? 'without' : 'with'} edgeAttr`,
    );
    const { value, attention } = scope(() => {
      const query = splitHeads(this.lin_query.forward(xDestination), this.heads);
      const key = splitHeads(this.lin_key.forward(xSource), this.heads);
      const heard = splitHeads(this.lin_value.forward(xSource), this.heads);
      const mapped = edgeAttr === null ? null : splitHeads(this.lin_edge!.forward(edgeAttr), this.heads);
      const ofEdges = mapped === null ? null : edgesAsSources(edges).adjacency;
      const products = functional.sddmm(edges.adjacency, query, key);
      const dots = ofEdges === null ? products : tf.add(products, functional.sddmm(ofEdges, query, mapped!));
      const attention = functional.segmentSoftmax(tf.div(dots, Math.sqrt(this.outChannels)), edges.incoming);
      const weights = this.dropout.forward(attention);
      const ofNodes = functional.spmm(edges.adjacency, weights, heard);
      const sum = ofEdges === null ? ofNodes : tf.add(ofNodes, functional.spmm(ofEdges, weights, mapped!));
      return { value: this.#withRoot(joinHeads(sum, this.concat), xDestination), attention };
    });
    return { value, attention, edges };
  }

  #withRoot(heard: tf.Tensor, x: tf.Tensor): tf.Tensor {
    if (!this.rootWeight) return heard;
    const own = this.lin_skip.forward(x);
    if (this.lin_beta === null) return tf.add(heard, own);
    const gate = tf.sigmoid(this.lin_beta.forward(tf.concat([heard, own, tf.sub(heard, own)], -1)));
    return tf.add(heard, tf.mul(gate, tf.sub(own, heard)));
  }
}
