import * as tf from '@tensorflow/tfjs-core';
import { Module, scope, type UnaryModule } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { atDestinations, atSources, checkFeatures } from '../message-passing.js';

/**
 * Point-GNN: each point learns a shift of its place before it looks at its neighbours' (Shi and Rajkumar 2020, arXiv:2003.01251). The
 * shift is computed once for each point and not, as in the reference, for each edge.
 */
export class PointGNNConv extends Module {
  readonly aggr_module: Aggregation;

  /**
   * @param mlp_h maps float32 [nodes, channels] to shifts [nodes, dimensions]
   * @param mlp_f maps float32 [edges, dimensions + channels] to messages
   * @param mlp_g maps what reaches a node to [nodes, channels]
   * @param options.aggr default `max`
   */
  constructor(
    readonly mlp_h: UnaryModule,
    readonly mlp_f: UnaryModule,
    readonly mlp_g: UnaryModule,
    options: { readonly aggr?: AggregationName | Aggregation } = {},
  ) {
    super();
    this.aggr_module = aggregationOf(options.aggr ?? 'max');
  }

  /**
   * @param x float32 [nodes, channels]
   * @param pos places, float32 [nodes, dimensions]
   * @returns float32 [nodes, channels]
   */
  forward(x: tf.Tensor, pos: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    checkFeatures('PointGNNConv', x, edges.nodes);
    checkFeatures('PointGNNConv (places)', pos, edges.nodes);
    return scope(() => {
      const target = tf.sub(pos, this.mlp_h.forward(x));
      const offset = tf.sub(atSources(pos, edges), atDestinations(target, edges));
      const sent = this.mlp_f.forward(tf.concat([offset, atSources(x, edges)], -1));
      return tf.add(x, this.mlp_g.forward(this.aggr_module.forward(sent, edges.incoming)));
    });
  }
}
