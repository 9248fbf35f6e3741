import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Linear, Module, scope, StateBuffer, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { glorot } from '../initialise.js';
import {
  atDestinations,
  atSources,
  bothSides,
  checkFeatures,
  type ConvOptions,
  type NodeFeatures,
} from '../message-passing.js';
import { propagate } from '../propagate.js';
import { splitHeads } from './attention.js';

export interface GeneralConvOptions extends ConvOptions {
  /** Width of the edges' attributes, where there are any. */
  readonly inEdgeChannels?: number;
  /** Default `sum`. */
  readonly aggr?: AggregationName | Aggregation;
  /** A linear map of the node itself also where widths are equal. Default false. */
  readonly skipLinear?: boolean;
  /** Messages of the source alone; false for both ends. Default true. */
  readonly directedMsg?: boolean;
  /** Default 1. */
  readonly heads?: number;
  /** Weighs messages. Default false. */
  readonly attention?: boolean;
  /** Default `additive`. */
  readonly attentionType?: 'additive' | 'dot_product';
  /** Divides each node's result by its Euclidean norm. Default false. */
  readonly l2Normalize?: boolean;
}

/** The design space of graph convolutions in one layer (You et al. 2020, arXiv:2011.08843). */
export class GeneralConv extends Module {
  readonly lin_msg: Linear;
  readonly lin_msg_i: Linear | null;
  /** null where the node's own features are added as they are. */
  readonly lin_self: Linear | null;
  readonly lin_edge: Linear | null;
  readonly att_msg: Parameter | null;
  readonly scaler: StateBuffer | null;
  readonly aggr_module: Aggregation;
  readonly heads: number;
  readonly #attention: boolean;
  readonly #normalize: boolean;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: GeneralConvOptions = {},
  ) {
    super();
    const { inEdgeChannels, aggr = 'sum', skipLinear = false, directedMsg = true, heads = 1 } = options;
    const { attention = false, attentionType = 'additive', l2Normalize = false, bias = true, generator } = options;
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const map = (inputs: number, outputs: number): Linear => new Linear(inputs, outputs, { bias, generator });
    const width = heads * outChannels;
    this.lin_msg = map(sourceWidth, width);
    this.lin_msg_i = directedMsg ? null : map(sourceWidth, width);
    this.lin_self = skipLinear || inChannels !== outChannels ? map(destinationWidth, outChannels) : null;
    this.lin_edge = inEdgeChannels === undefined ? null : map(inEdgeChannels, width);
    const isAdditive = attentionType === 'additive';
    this.#attention = attention;
    this.att_msg = attention && isAdditive ? glorot([1, heads, outChannels], { generator }) : null;
    this.scaler = attention && !isAdditive ? new StateBuffer(tf.scalar(Math.sqrt(outChannels))) : null;
    this.aggr_module = aggregationOf(aggr);
    this.heads = heads;
    this.#normalize = l2Normalize;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, inEdgeChannels]
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('GeneralConv', sources, edges.sources, this.lin_msg.inFeatures);
    checkFeatures('GeneralConv', destinations!, edges.destinations);
    check(
      edgeAttr === null || this.lin_edge !== null,
      'GeneralConv: edges have attributes, but the layer was made without inEdgeChannels',
    );
    return scope(() => {
      const reached = tf.mean(this.#reached(sources, destinations!, edges, edgeAttr), 1);
      const y = tf.add(reached, this.lin_self === null ? destinations! : this.lin_self.forward(destinations!));
      return this.#normalize ? functional.normalize(y) : y;
    });
  }

  /** [destinations, heads, channels] */
  #reached(sources: tf.Tensor, destinations: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor | null): tf.Tensor {
    const map = (lin: Linear, x: tf.Tensor): tf.Tensor => splitHeads(lin.forward(x), this.heads);
    const sent = map(this.lin_msg, sources);
    if (this.lin_msg_i === null && edgeAttr === null) {
      // messages are their sources' alone, and need not be stored for each edge
      const scores = (): tf.Tensor =>
        this.att_msg === null
          ? functional.sddmm(edges.adjacency, map(this.lin_msg, destinations), sent)
          : atSources(inner(sent, this.att_msg.value), edges);
      return propagate(this.aggr_module, sent, edges, this.#weights(scores, edges));
    }
    const ofEdges = edgeAttr === null ? [] : [map(this.lin_edge!, edgeAttr)];
    const messages = tf.addN([
      atSources(sent, edges),
      ...(this.lin_msg_i === null ? [] : [atDestinations(map(this.lin_msg_i, destinations), edges)]),
      ...ofEdges,
    ]);
    const scores = (): tf.Tensor => {
      if (this.att_msg !== null) return inner(messages, this.att_msg.value);
      // the message that would go the other way
      const back = tf.addN([
        atDestinations(map(this.lin_msg, destinations), edges),
        ...(this.lin_msg_i === null ? [] : [atSources(map(this.lin_msg_i, sources), edges)]),
        ...ofEdges,
      ]);
      return inner(back, messages);
    };
    const weights = this.#weights(scores, edges);
    const weighted = weights === null ? messages : tf.mul(messages, tf.expandDims(weights, -1));
    return this.aggr_module.forward(weighted, edges.incoming);
  }

  /** Attention of these scores, [edges, heads]; null without attention. */
  #weights(scores: () => tf.Tensor, edges: EdgeIndex): tf.Tensor | null {
    if (!this.#attention) return null;
    const scaled = this.scaler === null ? scores() : tf.div(scores(), this.scaler.value);
    return functional.segmentSoftmax(functional.leakyRelu(scaled, 0.2), edges.incoming);
  }
}

function inner(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(a, b), -1);
}
