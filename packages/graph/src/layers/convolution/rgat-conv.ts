import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, functional, Module, Parameter, scope, type Linear } from '@hourglass/core';
import { degree, type TypedEdges } from '../../edges/index.js';
import { groupedProduct } from '../grouped-product.js';
import { glorot, glorotLinear, zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { joinHeads, splitHeads, type Attention } from './attention.js';
import { mixBases } from './rgcn-conv.js';

export interface RGATConvOptions extends ConvOptions {
  readonly numBases?: number;
  readonly numBlocks?: number;
  /** What keeps a node's number of neighbours visible behind the softmax. Default null: nothing. */
  readonly mod?: 'additive' | 'scaled' | 'f-additive' | 'f-scaled' | null;
  /** Softmax over all edges that lead to a node, or over those of one relation. Default `across-relation`. */
  readonly attentionMechanism?: 'within-relation' | 'across-relation';
  /** Default `additive-self-attention`. */
  readonly attentionMode?: 'additive-self-attention' | 'multiplicative-self-attention';
  /** Default 1. */
  readonly heads?: number;
  /** Scores of a head; more than one only for multiplicative attention. Default 1. */
  readonly dim?: number;
  /** Heads side by side; false for their mean. Default true. */
  readonly concat?: boolean;
  /** Slope of the leaky ReLU of additive attention. Default 0.2. */
  readonly negativeSlope?: number;
  /** Probability with which attention to a neighbour is dropped; only without `mod`. Default 0. */
  readonly dropout?: number;
  /** Width of the edges' attributes, where there are any. */
  readonly edgeDim?: number;
}

/** Relational graph attention (Busbridge et al. 2019, arXiv:1904.05811; the `mod`s: Zhang and Xie 2019, arXiv:1907.02204). */
export class RGATConv extends Module {
  /** [relations, in, heads * out], or [relations, blocks, in / blocks, heads * out / blocks]; null with bases. */
  readonly weight: Parameter | null;
  /** [relations, bases] */
  readonly att: Parameter | null;
  /** [bases, in, heads * out] */
  readonly basis: Parameter | null;
  /** [heads * out, heads * dim] */
  readonly q: Parameter;
  readonly k: Parameter;
  readonly bias: Parameter | null;
  readonly lin_edge: Linear | null;
  readonly e: Parameter | null;
  /** Of `mod` additive: [out]. */
  readonly w: Parameter;
  /** Of `mod` scaled, a small network of the number of neighbours. */
  readonly l1: Parameter;
  readonly b1: Parameter;
  readonly l2: Parameter;
  readonly b2: Parameter;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly dim: number;
  readonly concat: boolean;
  readonly #options: RGATConvOptions;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly numRelations: number,
    options: RGATConvOptions = {},
  ) {
    super();
    const { numBases, numBlocks, heads = 1, dim = 1, concat = true, dropout = 0, edgeDim, bias = true } = options;
    const random = { generator: options.generator };
    const width = heads * outChannels;
    check(
      numBases === undefined || numBlocks === undefined,
      'RGATConv: numBases and numBlocks are two ways to decompose the weights; take one',
    );
    check(
      numBlocks === undefined || (inChannels % numBlocks === 0 && width % numBlocks === 0),
      () => `RGATConv: ${inChannels} and ${width} channels do not divide into ${numBlocks} blocks`,
    );
    check(
      dim === 1 || options.attentionMode === 'multiplicative-self-attention',
      'RGATConv: only multiplicative attention has more than one score for a head',
    );
    check(dropout === 0 || !options.mod, 'RGATConv: dropout of attention goes without mod');
    this.att = numBases === undefined ? null : glorot([numRelations, numBases], random);
    this.basis = numBases === undefined ? null : glorot([numBases, inChannels, width], random);
    const shape = [inChannels, width].map((channels) => channels / (numBlocks ?? 1));
    this.weight =
      numBases === undefined
        ? glorot([numRelations, ...(numBlocks === undefined ? [] : [numBlocks]), ...shape], random)
        : null;
    this.q = glorot([width, heads * dim], random);
    this.k = glorot([width, heads * dim], random);
    this.bias = bias ? zeroBias((concat ? heads : 1) * dim * outChannels) : null;
    this.lin_edge = edgeDim === undefined ? null : glorotLinear(edgeDim, width, { bias: false, ...random });
    this.e = edgeDim === undefined ? null : glorot([width, heads * dim], random);
    this.w = new Parameter(tf.ones([outChannels]));
    this.l1 = new Parameter(tf.ones([1, outChannels]));
    this.b1 = new Parameter(tf.zeros([1, outChannels]));
    this.l2 = new Parameter(tf.fill([outChannels, outChannels], 1 / outChannels));
    this.b2 = new Parameter(tf.zeros([1, outChannels]));
    this.dropout = new Dropout(dropout, random);
    [this.heads, this.dim, this.concat] = [heads, dim, concat];
    this.#options = options;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeAttr float32 [edges, edgeDim]
   * @returns float32 [nodes, heads * dim * outChannels], or [nodes, dim * outChannels] without `concat`
   */
  forward(x: tf.Tensor, edges: TypedEdges, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    return scope(() => this.attend(x, edges, edgeAttr).value);
  }

  /** {@link forward}, with the coefficients [edges, heads * dim]. */
  attend(x: tf.Tensor, edges: TypedEdges, edgeAttr: tf.Tensor | null = null): Attention {
    checkFeatures('RGATConv', x, edges.edges.nodes, this.inChannels);
    check(
      edges.relations === this.numRelations,
      () => `RGATConv: made for ${this.numRelations} relations, the edges have ${edges.relations}`,
    );
    check(
      edgeAttr === null || this.lin_edge !== null,
      'RGATConv: edges have attributes, but the layer was made without edgeDim',
    );
    const { value, attention } = scope(() => {
      const weight = this.weight?.value ?? mixBases(this.att, this.basis!);
      // each node once for each relation that it has an edge of
      const mapped = ({ nodes, sizes }: TypedEdges['sources']): tf.Tensor =>
        groupedProduct(tf.gather(x, nodes.ids), weight, sizes);
      const heard = mapped(edges.sources);
      const scores = this.#scores(
        functional.segmentGather(tf.matMul(mapped(edges.destinations), this.q.value), edges.destinations.pairs),
        functional.segmentGather(tf.matMul(heard, this.k.value), edges.sources.pairs),
        edgeAttr,
      );
      const among =
        this.#options.attentionMechanism === 'within-relation' ? edges.destinations.pairs : edges.edges.incoming;
      const attention = functional.segmentSoftmax(scores, among);
      return { value: this.#value(splitHeads(heard, this.heads), attention, edges), attention };
    });
    return { value, attention, edges: edges.edges };
  }

  /** [edges, heads * dim] */
  #scores(query: tf.Tensor, key: tf.Tensor, edgeAttr: tf.Tensor | null): tf.Tensor {
    const ofEdges = edgeAttr === null ? null : tf.matMul(this.lin_edge!.forward(edgeAttr), this.e!.value);
    if (this.#options.attentionMode === 'multiplicative-self-attention') {
      const product = tf.mul(query, key);
      return ofEdges === null ? product : tf.mul(product, ofEdges);
    }
    const sum = tf.add(query, key);
    return functional.leakyRelu(ofEdges === null ? sum : tf.add(sum, ofEdges), this.#options.negativeSlope ?? 0.2);
  }

  #value(heard: tf.Tensor, attention: tf.Tensor, edges: TypedEdges): tf.Tensor {
    const { mod } = this.#options;
    const { edges: graph, fromPairs } = edges;
    const degrees = (): tf.Tensor => tf.expandDims(degree(graph.incoming), 1);
    let weights = this.dropout.forward(attention);
    if (mod === 'f-additive') weights = tf.add(weights, tf.cast(tf.greater(weights, 0), 'float32'));
    if (mod === 'f-scaled') weights = tf.mul(weights, functional.segmentGather(degrees(), graph.incoming));
    // [edges, heads, dim], one product for each score of the heads
    const scores = tf.unstack(tf.reshape(weights, [graph.edges, this.heads, this.dim]), 2);
    // [nodes, heads, dim, out]
    let sum = tf.stack(
      scores.map((score) => functional.spmm(fromPairs, score, heard)),
      2,
    );
    if (mod === 'additive') {
      sum = tf.add(sum, tf.expandDims(tf.mul(this.w.value, functional.spmm(fromPairs, null, heard)), 2));
    }
    if (mod === 'scaled') {
      const hidden = tf.relu(tf.add(tf.mul(degrees(), this.l1.value), this.b1.value));
      const factor = tf.add(tf.matMul(hidden, this.l2.value), this.b2.value);
      sum = tf.mul(sum, tf.reshape(factor, [graph.nodes, 1, 1, this.outChannels]));
    }
    const joined = joinHeads(tf.reshape(sum, [graph.nodes, this.heads, this.dim * this.outChannels]), this.concat);
    return this.bias === null ? joined : tf.add(joined, this.bias.value);
  }
}
