import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Linear, Module, scope, type Parameter } from '@hourglass/core';
import { addRemainingSelfLoops, gcnNorm, type EdgeIndex } from '../../edges/index.js';
import { MaxAggregation, MeanAggregation, MinAggregation, SumAggregation } from '../aggregation/index.js';
import { glorotLinear, zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { propagate } from '../propagate.js';

const plain = {
  sum: new SumAggregation(),
  mean: new MeanAggregation(),
  min: new MinAggregation(),
  max: new MaxAggregation(),
} as const;

/** `symnorm` is the sum divided by the degrees of both ends, as in GCN. */
export type EGAggregator = keyof typeof plain | 'symnorm' | 'var' | 'std';

export interface EGConvOptions extends ConvOptions {
  /** Default [`symnorm`]. */
  readonly aggregators?: readonly EGAggregator[];
  /** Default 8. */
  readonly numHeads?: number;
  /** Default 4. */
  readonly numBases?: number;
  /** Adds a self loop to each node that has none. Default true. */
  readonly addSelfLoops?: boolean;
}

/** Each node combines the aggregated bases in its own way (Tailor et al. 2021, arXiv:2104.01481). */
export class EGConv extends Module {
  readonly bases_lin: Linear;
  readonly comb_lin: Linear;
  readonly bias: Parameter | null;
  readonly aggregators: readonly EGAggregator[];
  readonly numHeads: number;
  readonly numBases: number;
  readonly addSelfLoops: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: EGConvOptions = {},
  ) {
    super();
    const { aggregators = ['symnorm'], numHeads = 8, numBases = 4, addSelfLoops = true } = options;
    const { bias = true, generator } = options;
    check(
      outChannels % numHeads === 0,
      () => `EGConv: ${outChannels} output channels cannot be shared by ${numHeads} heads; pass numHeads`,
    );
    const known = [...Object.keys(plain), 'symnorm', 'var', 'std'];
    for (const name of aggregators) {
      check(known.includes(name), () => `EGConv: unknown aggregator ${name}; there are ${known.join(', ')}`);
    }
    this.bases_lin = glorotLinear(inChannels, (outChannels / numHeads) * numBases, { bias: false, generator });
    this.comb_lin = new Linear(inChannels, numHeads * numBases * aggregators.length, { generator });
    this.bias = bias ? zeroBias(outChannels) : null;
    this.aggregators = [...aggregators];
    this.numHeads = numHeads;
    this.numBases = numBases;
    this.addSelfLoops = addSelfLoops;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    checkFeatures('EGConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const target = this.addSelfLoops ? addRemainingSelfLoops(edges).edges : edges;
      const bases = this.bases_lin.forward(x);
      const aggregated = tf.concat(
        this.aggregators.map((name) => aggregate(name, bases, target)),
        1,
      );
      const count = this.numBases * this.aggregators.length;
      const width = this.outChannels / this.numHeads;
      const mixed = tf.matMul(
        tf.reshape(this.comb_lin.forward(x), [edges.nodes, this.numHeads, count]),
        tf.reshape(aggregated, [edges.nodes, count, width]),
      );
      const y = tf.reshape(mixed, [edges.nodes, this.outChannels]);
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }
}

function aggregate(name: EGAggregator, x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
  if (name === 'symnorm') {
    const { weight } = gcnNorm(edges, null, { addSelfLoops: false });
    return functional.spmm(edges.adjacency, weight, x);
  }
  if (name !== 'var' && name !== 'std') return propagate(plain[name], x, edges);
  const mean = propagate(plain.mean, x, edges);
  const variance = tf.sub(propagate(plain.mean, tf.square(x), edges), tf.square(mean));
  return name === 'var' ? variance : tf.sqrt(tf.maximum(variance, 1e-5));
}
