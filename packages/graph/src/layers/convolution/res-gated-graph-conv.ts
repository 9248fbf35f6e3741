import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  functional,
  Linear,
  Module,
  scope,
  type Parameter,
  type UnaryModule,
} from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { zeroBias } from '../initialise.js';
import {
  atDestinations,
  atSources,
  bothSides,
  checkFeatures,
  type ConvOptions,
  type NodeFeatures,
} from '../message-passing.js';

export interface ResGatedGraphConvOptions extends ConvOptions {
  /** The gates' activation, a name that core's `activationByName` knows. Default `sigmoid`. */
  readonly act?: string;
  /** Width of the edges' attributes, where there are any. */
  readonly edgeDim?: number;
  /** Adds a linear map of the node itself. Default true. */
  readonly rootWeight?: boolean;
}

/** What neighbours send passes a gate for each channel (Bresson and Laurent 2017, arXiv:1711.07553). */
export class ResGatedGraphConv extends Module {
  readonly lin_key: Linear;
  readonly lin_query: Linear;
  readonly lin_value: Linear;
  readonly lin_skip: Linear | null;
  readonly bias: Parameter | null;
  readonly act: UnaryModule;
  readonly edgeDim: number | null;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: ResGatedGraphConvOptions = {},
  ) {
    super();
    const { act = 'sigmoid', edgeDim, rootWeight = true, bias = true, generator } = options;
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const attributes = edgeDim ?? 0;
    this.lin_key = new Linear(destinationWidth + attributes, outChannels, { generator });
    this.lin_query = new Linear(sourceWidth + attributes, outChannels, { generator });
    this.lin_value = new Linear(sourceWidth + attributes, outChannels, { generator });
    this.lin_skip = rootWeight ? new Linear(destinationWidth, outChannels, { bias: false, generator }) : null;
    this.bias = bias ? zeroBias(outChannels) : null;
    this.act = activationByName(act);
    this.edgeDim = edgeDim ?? null;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, edgeDim]
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    const attributes = this.edgeDim ?? 0;
    checkFeatures('ResGatedGraphConv', sources, edges.sources, this.lin_query.inFeatures - attributes);
    checkFeatures('ResGatedGraphConv', destinations!, edges.destinations, this.lin_key.inFeatures - attributes);
    check(
      (edgeAttr === null) === (this.edgeDim === null),
      'ResGatedGraphConv: attributes of edges and edgeDim belong together',
    );
    return scope(() => {
      const [key, query, value] = [
        ends(this.lin_key, destinations!, edgeAttr),
        ends(this.lin_query, sources, edgeAttr),
        ends(this.lin_value, sources, edgeAttr),
      ];
      const open = tf.addN([
        atDestinations(key.node, edges),
        atSources(query.node, edges),
        ...(edgeAttr === null ? [] : [key.edge!, query.edge!]),
      ]);
      const gates = this.act.forward(open);
      // each channel is a head of width 1, so that the gated values of edges are never stored
      const gated = functional.spmm(edges.adjacency, gates, tf.expandDims(value.node, 2));
      const y = [
        tf.squeeze(gated, [2]),
        ...(value.edge === null ? [] : [functional.segmentSum(tf.mul(gates, value.edge), edges.incoming)]),
        ...(this.lin_skip === null ? [] : [this.lin_skip.forward(destinations!)]),
      ];
      const sum = tf.addN(y);
      return this.bias === null ? sum : tf.add(sum, this.bias.value);
    });
  }
}

/** A linear map of [a node's features, an edge's attributes] in two parts, so that nodes are mapped once and not for each edge. */
function ends(
  lin: Linear,
  x: tf.Tensor,
  attributes: tf.Tensor | null,
): { readonly node: tf.Tensor; readonly edge: tf.Tensor | null } {
  if (attributes === null) return { node: lin.forward(x), edge: null };
  const [ofNode, ofEdge] = tf.split(lin.weight.value, [x.shape[1]!, attributes.shape[1]!]);
  return {
    node: functional.linear(x, ofNode!, lin.bias!.value),
    edge: functional.linear(attributes, ofEdge!),
  };
}
