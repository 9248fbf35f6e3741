import * as tf from '@tensorflow/tfjs-core';
import { check, Linear, Module, Parameter, Sequential, scope, StateBuffer, type UnaryModule } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { atSources, bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { propagate } from '../propagate.js';

export interface GINConvOptions {
  /** Extra weight of the node itself. Default 0. */
  readonly eps?: number;
  /** Learns eps. Default false. */
  readonly trainEps?: boolean;
  /** Default `sum`. */
  readonly aggr?: AggregationName | Aggregation;
}

/** What both isomorphism convolutions share: a network of (1 + eps) x plus what reaches the node. */
abstract class IsomorphismConv extends Module {
  readonly nn: UnaryModule;
  readonly eps: Parameter | StateBuffer;
  readonly aggr_module: Aggregation;

  constructor(nn: UnaryModule, options: GINConvOptions) {
    super();
    const { eps = 0, trainEps = false, aggr = 'sum' } = options;
    this.nn = nn;
    const initial = tf.tensor1d([eps]);
    this.eps = trainEps ? new Parameter(initial) : new StateBuffer(initial);
    this.aggr_module = aggregationOf(aggr);
  }

  /** For use inside a scope. */
  protected update(reached: tf.Tensor, x: tf.Tensor | null): tf.Tensor {
    if (x === null) return this.nn.forward(reached);
    return this.nn.forward(tf.add(reached, tf.mul(x, tf.add(this.eps.value, 1))));
  }
}

/** Graph isomorphism network (Xu et al. 2018, arXiv:1810.00826). */
export class GINConv extends IsomorphismConv {
  /** @param nn maps float32 [nodes, inChannels] to [nodes, outChannels] */
  constructor(nn: UnaryModule, options: GINConvOptions = {}) {
    super(nn, options);
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('GINConv', sources, edges.sources);
    if (destinations !== null) checkFeatures('GINConv', destinations, edges.destinations);
    return scope(() => this.update(propagate(this.aggr_module, sources, edges), destinations));
  }
}

export interface GINEConvOptions extends GINConvOptions, Pick<ConvOptions, 'generator'> {
  /** Width of the edges' attributes where it differs from that of the nodes' features; they then pass a linear map. */
  readonly edgeDim?: number;
  /** Width of the nodes' features. Default: that of `nn`'s first layer. */
  readonly inChannels?: number;
}

/** GIN with attributes of edges (Hu et al. 2019, arXiv:1905.12265). */
export class GINEConv extends IsomorphismConv {
  readonly lin: Linear | null;

  /** @param nn maps float32 [nodes, inChannels] to [nodes, outChannels] */
  constructor(nn: UnaryModule, options: GINEConvOptions = {}) {
    super(nn, options);
    const { edgeDim, inChannels = inputsOf(nn), generator } = options;
    check(
      edgeDim === undefined || inChannels !== undefined,
      'GINEConv: cannot tell how wide the features are from `nn`; pass inChannels',
    );
    this.lin = edgeDim === undefined ? null : new Linear(edgeDim, inChannels!, { generator });
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, edgeDim], or [edges, inChannels] without edgeDim
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('GINEConv', sources, edges.sources);
    if (destinations !== null) checkFeatures('GINEConv', destinations, edges.destinations);
    return scope(() => {
      const attributes = this.lin === null ? edgeAttr : this.lin.forward(edgeAttr);
      check(
        attributes.shape[1] === sources.shape[1],
        () =>
          `GINEConv: features are ${sources.shape[1]} wide and attributes of edges ${attributes.shape[1]}; pass edgeDim to map them`,
      );
      const sent = tf.relu(tf.add(atSources(sources, edges), attributes));
      return this.update(this.aggr_module.forward(sent, edges.incoming), destinations);
    });
  }
}

/** Width that a network takes, where its first layer says so. */
function inputsOf(nn: UnaryModule): number | undefined {
  const [first] = nn instanceof Sequential ? nn : [nn];
  return first instanceof Linear ? first.inFeatures : (first as { readonly inChannels?: number }).inChannels;
}
