import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, functional, Module, scope, type Linear, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { glorot, glorotLinear, zeroBias } from '../initialise.js';
import {
  atDestinations,
  atSources,
  bothSides,
  checkFeatures,
  type ConvOptions,
  type NodeFeatures,
} from '../message-passing.js';
import { joinHeads, splitHeads, type Attention } from './attention.js';
import { loopedAttributes, type LoopFill } from './loop-attributes.js';

export interface GATConvOptions extends ConvOptions {
  /** Default 1. */
  readonly heads?: number;
  /** Heads side by side; false for their mean. Default true. */
  readonly concat?: boolean;
  /** Slope of the leaky ReLU. Default 0.2. */
  readonly negativeSlope?: number;
  /** Probability with which attention to a neighbour is dropped. Default 0. */
  readonly dropout?: number;
  /** Every node attends to itself too. Default true. */
  readonly addSelfLoops?: boolean;
  /** Width of the edges' attributes, where there are any. */
  readonly edgeDim?: number;
  /** Attributes of the added self loops, from those of the edges that lead to the node. Default `mean`. */
  readonly fillValue?: LoopFill;
  /** Adds a linear map of the input. Default false. */
  readonly residual?: boolean;
}

/** Graph attention (Veličković et al. 2017, arXiv:1710.10903). */
export class GATConv extends Module {
  /** For one set of nodes. */
  readonly lin: Linear | null;
  /** For bipartite graphs. */
  readonly lin_src: Linear | null;
  readonly lin_dst: Linear | null;
  readonly att_src: Parameter;
  readonly att_dst: Parameter;
  readonly lin_edge: Linear | null;
  readonly att_edge: Parameter | null;
  readonly res: Linear | null;
  readonly bias: Parameter | null;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly concat: boolean;
  readonly #negativeSlope: number;
  readonly #loops: LoopFill | null;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: GATConvOptions = {},
  ) {
    super();
    const { heads = 1, concat = true, negativeSlope = 0.2, dropout = 0, addSelfLoops = true, edgeDim } = options;
    const { fillValue = 'mean', residual = false, bias = true, generator } = options;
    const random = { generator };
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const width = heads * outChannels;
    const map = (inputs: number, outputs = width): Linear => glorotLinear(inputs, outputs, { bias: false, ...random });
    const isShared = typeof inChannels === 'number';
    this.lin = isShared ? map(inChannels) : null;
    this.lin_src = isShared ? null : map(sourceWidth);
    this.lin_dst = isShared ? null : map(destinationWidth);
    this.att_src = glorot([1, heads, outChannels], random);
    this.att_dst = glorot([1, heads, outChannels], random);
    this.lin_edge = edgeDim === undefined ? null : map(edgeDim);
    this.att_edge = edgeDim === undefined ? null : glorot([1, heads, outChannels], random);
    const total = concat ? width : outChannels;
    this.res = residual ? map(destinationWidth, total) : null;
    this.bias = bias ? zeroBias(total) : null;
    this.dropout = new Dropout(dropout, random);
    this.heads = heads;
    this.concat = concat;
    this.#negativeSlope = negativeSlope;
    this.#loops = addSelfLoops ? fillValue : null;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, edgeDim]
   * @returns float32 [destinations, heads * outChannels], or [destinations, outChannels] without `concat`
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    return scope(() => this.attend(x, edges, edgeAttr).value);
  }

  /** {@link forward}, with the coefficients. */
  attend(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): Attention {
    const [xSource, xDestination] = bothSides(x);
    checkFeatures('GATConv', xSource, edges.sources);
    if (xDestination !== null) checkFeatures('GATConv', xDestination, edges.destinations);
    check(
      edgeAttr === null || this.lin_edge !== null,
      'GATConv: edges have attributes, but the layer was made without edgeDim',
    );
    return scope(() => {
      const split = (map: Linear | null, x: tf.Tensor): tf.Tensor =>
        splitHeads((this.lin ?? map!).forward(x), this.heads);
      const source = split(this.lin_src, xSource);
      const isSame = this.lin !== null && xDestination === xSource;
      const destination = isSame ? source : xDestination === null ? null : split(this.lin_dst, xDestination);
      const looped =
        this.#loops === null ? { edges, attributes: edgeAttr } : loopedAttributes(edges, edgeAttr, this.#loops);
      const attention = this.#coefficients(source, destination, looped.edges, looped.attributes);
      const y = functional.spmm(looped.edges.adjacency, this.dropout.forward(attention), source);
      const joined = joinHeads(y, this.concat);
      const more = [
        ...(this.res === null || xDestination === null ? [] : [this.res.forward(xDestination)]),
        ...(this.bias === null ? [] : [this.bias.value]),
      ];
      return { value: more.reduce((sum, term) => tf.add(sum, term), joined), attention, edges: looped.edges };
    });
  }

  #coefficients(
    source: tf.Tensor,
    destination: tf.Tensor | null,
    edges: EdgeIndex,
    attributes: tf.Tensor | null,
  ): tf.Tensor {
    const score = (x: tf.Tensor, by: Parameter): tf.Tensor => tf.sum(tf.mul(x, by.value), -1);
    let scores = atSources(score(source, this.att_src), edges);
    if (destination !== null) scores = tf.add(scores, atDestinations(score(destination, this.att_dst), edges));
    if (attributes !== null) {
      const mapped = splitHeads(this.lin_edge!.forward(attributes), this.heads);
      scores = tf.add(scores, score(mapped, this.att_edge!));
    }
    return functional.segmentSoftmax(functional.leakyRelu(scores, this.#negativeSlope), edges.incoming);
  }
}
