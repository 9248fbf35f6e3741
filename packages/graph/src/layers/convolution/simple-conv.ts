import * as tf from '@tensorflow/tfjs-core';
import { check, Module, scope } from '@hourglass/core';
import { addSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { bothSides, checkFeatures, type NodeFeatures } from '../message-passing.js';
import { propagate } from '../propagate.js';

export interface SimpleConvOptions {
  /** Default `sum`. */
  readonly aggr?: AggregationName | Aggregation;
  /** What becomes of the node's own features: added, put before the others, or sent as if by a neighbour. Default: nothing. */
  readonly combineRoot?: 'sum' | 'cat' | 'self_loop' | null;
}

/** Passes features on, without parameters. */
export class SimpleConv extends Module {
  readonly aggr_module: Aggregation;
  readonly combineRoot: 'sum' | 'cat' | 'self_loop' | null;

  constructor(options: SimpleConvOptions = {}) {
    super();
    this.aggr_module = aggregationOf(options.aggr ?? 'sum');
    this.combineRoot = options.combineRoot ?? null;
  }

  /**
   * @param x float32 [nodes, channels], or of both sides of a bipartite graph
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [destinations, channels]; wider by the destinations' channels with `cat`
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('SimpleConv', sources, edges.sources);
    return scope(() => {
      if (this.combineRoot === 'self_loop') {
        check(sources === destinations, 'SimpleConv: a bipartite graph has no self loops');
        const looped = addSelfLoops(edges);
        const weight = edgeWeight === null ? null : looped.carry(edgeWeight, 1);
        return propagate(this.aggr_module, sources, looped.edges, weight);
      }
      const y = propagate(this.aggr_module, sources, edges, edgeWeight);
      if (destinations === null || this.combineRoot === null) return y;
      return this.combineRoot === 'sum' ? tf.add(y, destinations) : tf.concat([destinations, y], 1);
    });
  }
}
