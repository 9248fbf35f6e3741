import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm1d, check, functional, Linear, Module, scope } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { linearOfEnds } from '../ends-linear.js';
import { bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';

export interface CGConvOptions extends ConvOptions {
  /** Width of the edges' attributes; 0 where there are none. Default 0. */
  readonly dim?: number;
  /** Default `sum`. */
  readonly aggr?: AggregationName | Aggregation;
  /** Default false. */
  readonly batchNorm?: boolean;
}

/** Crystal graph convolution: gated messages of both ends and the edge, and a skip (Xie and Grossman 2017, arXiv:1710.10324). */
export class CGConv extends Module {
  readonly lin_f: Linear;
  readonly lin_s: Linear;
  readonly bn: BatchNorm1d | null;
  readonly aggr_module: Aggregation;
  readonly dim: number;

  /** @param channels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly channels: number | readonly [number, number],
    options: CGConvOptions = {},
  ) {
    super();
    const { dim = 0, aggr = 'sum', batchNorm = false, bias = true, generator } = options;
    const [sourceWidth, width] = typeof channels === 'number' ? [channels, channels] : channels;
    this.lin_f = new Linear(sourceWidth + width + dim, width, { bias, generator });
    this.lin_s = new Linear(sourceWidth + width + dim, width, { bias, generator });
    this.bn = batchNorm ? new BatchNorm1d(width) : null;
    this.aggr_module = aggregationOf(aggr);
    this.dim = dim;
  }

  /**
   * @param x float32 [nodes, channels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, dim]
   * @returns float32 [destinations, channels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    const [source, destination] = bothSides(x);
    check(destination !== null, 'CGConv: the destinations need features too');
    checkFeatures('CGConv', source, edges.sources);
    checkFeatures('CGConv', destination, edges.destinations);
    return scope(() => {
      const ends = { destination, source, edge: edgeAttr };
      const gate = tf.sigmoid(linearOfEnds(this.lin_f, ends, edges));
      const sent = tf.mul(gate, functional.softplus(linearOfEnds(this.lin_s, ends, edges)));
      const reached = this.aggr_module.forward(sent, edges.incoming);
      return tf.add(this.bn?.forward(reached) ?? reached, destination);
    });
  }
}
