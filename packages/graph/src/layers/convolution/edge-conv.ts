import * as tf from '@tensorflow/tfjs-core';
import { check, Module, scope, type UnaryModule } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { atDestinations, atSources, bothSides, checkFeatures, type NodeFeatures } from '../message-passing.js';

/** Edge convolution: a network of a node and its difference from each neighbour (Wang et al. 2018, arXiv:1801.07829). */
export class EdgeConv extends Module {
  readonly aggr_module: Aggregation;

  /**
   * @param nn maps float32 [edges, 2 * inChannels] to [edges, outChannels]
   * @param options.aggr default `max`
   */
  constructor(
    readonly nn: UnaryModule,
    options: { readonly aggr?: AggregationName | Aggregation } = {},
  ) {
    super();
    this.aggr_module = aggregationOf(options.aggr ?? 'max');
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    check(destinations !== null, 'EdgeConv: the destinations need features too');
    checkFeatures('EdgeConv', sources, edges.sources);
    checkFeatures('EdgeConv', destinations, edges.destinations);
    return scope(() => {
      const own = atDestinations(destinations, edges);
      const pairs = tf.concat([own, tf.sub(atSources(sources, edges), own)], -1);
      return this.aggr_module.forward(this.nn.forward(pairs), edges.incoming);
    });
  }
}
