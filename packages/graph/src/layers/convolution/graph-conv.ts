import * as tf from '@tensorflow/tfjs-core';
import { Linear, Module, scope } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { isLinear, mapNarrowly, propagate } from '../propagate.js';

export interface GraphConvOptions extends ConvOptions {
  /** Default `sum`. */
  readonly aggr?: AggregationName | Aggregation;
}

/** One linear map of the node, one of what its neighbours send (Morris et al. 2018, arXiv:1810.02244). */
export class GraphConv extends Module {
  readonly lin_rel: Linear;
  readonly lin_root: Linear;
  readonly aggr_module: Aggregation;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: GraphConvOptions = {},
  ) {
    super();
    const { aggr = 'sum', bias = true, generator } = options;
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    this.lin_rel = new Linear(sourceWidth, outChannels, { bias, generator });
    this.lin_root = new Linear(destinationWidth, outChannels, { bias: false, generator });
    this.aggr_module = aggregationOf(aggr);
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('GraphConv', sources, edges.sources, this.lin_rel.inFeatures);
    if (destinations !== null) checkFeatures('GraphConv', destinations, edges.destinations, this.lin_root.inFeatures);
    return scope(() => {
      const aggregate = (x: tf.Tensor): tf.Tensor => propagate(this.aggr_module, x, edges, edgeWeight);
      const { weight, bias } = this.lin_rel;
      const reached = isLinear(this.aggr_module)
        ? mapNarrowly(sources, weight.value, bias?.value ?? null, aggregate)
        : this.lin_rel.forward(aggregate(sources));
      return destinations === null ? reached : tf.add(reached, this.lin_root.forward(destinations));
    });
  }
}
