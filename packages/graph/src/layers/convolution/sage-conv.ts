import * as tf from '@tensorflow/tfjs-core';
import { functional, Linear, Module, scope } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, wideningOf, type Aggregation, type AggregationChoice } from '../aggregation/index.js';
import { bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { isLinear, mapNarrowly, propagate } from '../propagate.js';

export interface SAGEConvOptions extends ConvOptions {
  /** Default `mean`. */
  readonly aggr?: AggregationChoice;
  /** Divides each node's result by its Euclidean norm. Default false. */
  readonly normalize?: boolean;
  /** Adds a linear map of the node itself. Default true. */
  readonly rootWeight?: boolean;
  /** A linear map and a ReLU before the aggregation. Default false. */
  readonly project?: boolean;
}

/** GraphSAGE (Hamilton, Ying and Leskovec 2017, arXiv:1706.02216). */
export class SAGEConv extends Module {
  readonly lin: Linear | null;
  readonly lin_l: Linear;
  readonly lin_r: Linear | null;
  readonly aggr_module: Aggregation;
  readonly #normalize: boolean;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: SAGEConvOptions = {},
  ) {
    super();
    const { aggr = 'mean', normalize = false, rootWeight = true, project = false, bias = true, generator } = options;
    const random = { generator };
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    this.aggr_module = aggregationOf(aggr);
    this.lin = project ? new Linear(sourceWidth, sourceWidth, random) : null;
    this.lin_l = new Linear(sourceWidth * wideningOf(aggr), outChannels, { bias, ...random });
    this.lin_r = rootWeight ? new Linear(destinationWidth, outChannels, { bias: false, ...random }) : null;
    this.#normalize = normalize;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    const [sourceWidth, destinationWidth] =
      typeof this.inChannels === 'number' ? [this.inChannels, this.inChannels] : this.inChannels;
    checkFeatures('SAGEConv (sources)', sources, edges.sources, sourceWidth);
    if (destinations !== null) {
      checkFeatures('SAGEConv (destinations)', destinations, edges.destinations, destinationWidth);
    }
    return scope(() => {
      const sent = this.lin === null ? sources : this.lin.forward(sources, 'relu');
      const reached = this.#reached(sent, edges);
      const y =
        this.lin_r === null || destinations === null ? reached : tf.add(reached, this.lin_r.forward(destinations));
      return this.#normalize ? functional.normalize(y) : y;
    });
  }

  #reached(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    const aggregate = (x: tf.Tensor): tf.Tensor => propagate(this.aggr_module, x, edges);
    if (!isLinear(this.aggr_module)) return this.lin_l.forward(aggregate(x));
    return mapNarrowly(x, this.lin_l.weight.value, this.lin_l.bias?.value ?? null, aggregate);
  }
}
