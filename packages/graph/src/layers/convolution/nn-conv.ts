import * as tf from '@tensorflow/tfjs-core';
import { check, Linear, Module, scope, type Parameter, type UnaryModule } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { zeroBias } from '../initialise.js';
import { atSources, bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';

export interface NNConvOptions extends ConvOptions {
  /** Default `sum`. */
  readonly aggr?: AggregationName | Aggregation;
  /** Adds a linear map of the node's own features. Default true. */
  readonly rootWeight?: boolean;
}

/**
 * A matrix for each edge, made of its attributes by a network (Gilmer et al. 2017, arXiv:1704.01212; Simonovsky and Komodakis 2017,
 * arXiv:1704.02901). Needs memory for [edges, inChannels, outChannels]: for molecules, not for networks of millions.
 */
export class NNConv extends Module {
  readonly lin: Linear | null;
  readonly bias: Parameter | null;
  readonly aggr_module: Aggregation;

  /**
   * @param inChannels a bipartite graph has [that of the sources, that of the destinations]
   * @param nn maps float32 [edges, width] to [edges, inChannels * outChannels]
   */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    readonly nn: UnaryModule,
    options: NNConvOptions = {},
  ) {
    super();
    const { aggr = 'sum', rootWeight = true, bias = true, generator } = options;
    const width = typeof inChannels === 'number' ? inChannels : inChannels[1];
    this.lin = rootWeight ? new Linear(width, outChannels, { bias: false, generator }) : null;
    this.bias = bias ? zeroBias(outChannels) : null;
    this.aggr_module = aggregationOf(aggr);
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, width]
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('NNConv', sources, edges.sources);
    if (destinations !== null) checkFeatures('NNConv', destinations, edges.destinations);
    return scope(() => {
      const width = sources.shape[1]!;
      const flat = this.nn.forward(edgeAttr);
      check(
        flat.shape[1] === width * this.outChannels,
        () => `NNConv: the network gives ${flat.shape[1]} values for each edge, not ${width} · ${this.outChannels}`,
      );
      const matrices = tf.reshape(flat, [edges.edges, width, this.outChannels]);
      const rows = tf.reshape(atSources(sources, edges), [edges.edges, 1, width]);
      const sent = tf.reshape(tf.matMul(rows, matrices), [edges.edges, this.outChannels]);
      const terms = [
        this.aggr_module.forward(sent, edges.incoming),
        ...(this.lin === null || destinations === null ? [] : [this.lin.forward(destinations)]),
        ...(this.bias === null ? [] : [this.bias.value]),
      ];
      return terms.reduce((sum, term) => tf.add(sum, term));
    });
  }
}
