import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, functional, Module, scope, type Linear, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { glorotLinear, zeroBias } from '../initialise.js';
import { bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { joinHeads, type Attention } from './attention.js';
import { loopedAttributes, type LoopFill } from './loop-attributes.js';

/** Options of `GATConv`, and of `GATv2Conv` among others. */
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

/** What scores are made of. */
export interface Attending {
  /** float32 [sources, width] */
  readonly xSource: tf.Tensor;
  /** float32 [destinations, width], or null. */
  readonly xDestination: tf.Tensor | null;
  /** The edges, with their loops. */
  readonly edges: EdgeIndex;
  /** float32 [edges, edgeDim], or null. */
  readonly attributes: tf.Tensor | null;
}

/** Softmax attention to neighbours: everything but the maps of the nodes and the scores. */
export abstract class GraphAttentionConv extends Module {
  readonly lin_edge: Linear | null;
  readonly res: Linear | null;
  readonly bias: Parameter | null;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly concat: boolean;
  readonly #loops: LoopFill | null;

  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: GATConvOptions,
  ) {
    super();
    const { heads = 1, concat = true, dropout = 0, addSelfLoops = true, edgeDim } = options;
    const { fillValue = 'mean', residual = false, bias = true, generator } = options;
    const map = (inputs: number, outputs: number): Linear => glorotLinear(inputs, outputs, { bias: false, generator });
    const total = concat ? heads * outChannels : outChannels;
    this.lin_edge = edgeDim === undefined ? null : map(edgeDim, heads * outChannels);
    this.res = residual ? map(typeof inChannels === 'number' ? inChannels : inChannels[1], total) : null;
    this.bias = bias ? zeroBias(total) : null;
    this.dropout = new Dropout(dropout, { generator });
    this.heads = heads;
    this.concat = concat;
    this.#loops = addSelfLoops ? fillValue : null;
  }

  /**
   * The values that are summed, float32 [sources, heads, channels], and the scores before the softmax, float32 [edges, heads]. Runs
   * inside a scope.
   */
  protected abstract score(given: Attending): { readonly values: tf.Tensor; readonly scores: tf.Tensor };

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
    const { name } = this.constructor;
    const [xSource, xDestination] = bothSides(x);
    checkFeatures(name, xSource, edges.sources);
    if (xDestination !== null) checkFeatures(name, xDestination, edges.destinations);
    check(
      edgeAttr === null || this.lin_edge !== null,
      () => `${name}: edges have attributes, but the layer was made without edgeDim`,
    );
    return scope(() => {
      const looped =
        this.#loops === null ? { edges, attributes: edgeAttr } : loopedAttributes(edges, edgeAttr, this.#loops);
      const { values, scores } = this.score({ xSource, xDestination, ...looped });
      const attention = functional.segmentSoftmax(scores, looped.edges.incoming);
      const y = functional.spmm(looped.edges.adjacency, this.dropout.forward(attention), values);
      const more = [
        ...(this.res === null || xDestination === null ? [] : [this.res.forward(xDestination)]),
        ...(this.bias === null ? [] : [this.bias.value]),
      ];
      const value = more.reduce((sum, term) => tf.add(sum, term), joinHeads(y, this.concat));
      return { value, attention, edges: looped.edges };
    });
  }
}
