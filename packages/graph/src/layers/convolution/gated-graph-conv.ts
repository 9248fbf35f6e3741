import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  defaultGenerator,
  GRUCell,
  Module,
  Parameter,
  scope,
  uniformTensor,
  type Generator,
} from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { checkFeatures } from '../message-passing.js';
import { propagate } from '../propagate.js';

export interface GatedGraphConvOptions {
  /** Rounds of messages. */
  readonly numLayers: number;
  /** Default `sum`. */
  readonly aggr?: AggregationName | Aggregation;
  /** Biases of the recurrent unit. Default true. */
  readonly bias?: boolean;
  readonly generator?: Generator | undefined;
}

/** Rounds of messages that go through a gated recurrent unit at each node (Li et al. 2015, arXiv:1511.05493). */
export class GatedGraphConv extends Module {
  /** [rounds, channels, channels] */
  readonly weight: Parameter;
  readonly rnn: GRUCell;
  readonly aggr_module: Aggregation;
  readonly numLayers: number;

  constructor(
    readonly outChannels: number,
    options: GatedGraphConvOptions,
  ) {
    super();
    const { numLayers, aggr = 'sum', bias = true, generator = defaultGenerator() } = options;
    const bound = 1 / Math.sqrt(outChannels);
    this.weight = new Parameter(uniformTensor([numLayers, outChannels, outChannels], -bound, bound, generator));
    this.rnn = new GRUCell(outChannels, outChannels, { bias, generator });
    this.aggr_module = aggregationOf(aggr);
    this.numLayers = numLayers;
  }

  /**
   * @param x float32 [nodes, at most outChannels]; zeros are added behind
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('GatedGraphConv', x, edges.nodes);
    const missing = this.outChannels - x.shape[1]!;
    check(
      missing >= 0,
      () => `GatedGraphConv: features are ${x.shape[1]} wide, more than the layer's ${this.outChannels} channels`,
    );
    return scope(() => {
      let y = missing === 0 ? x : tf.concat([x, tf.zeros([x.shape[0]!, missing])], 1);
      for (let i = 0; i < this.numLayers; i++) {
        const sent = tf.matMul(y as tf.Tensor2D, tf.gather(this.weight.value, i) as tf.Tensor2D);
        y = this.rnn.forward(propagate(this.aggr_module, sent, edges, edgeWeight), y);
      }
      return y;
    });
  }
}
