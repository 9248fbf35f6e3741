import * as tf from '@tensorflow/tfjs-core';
import { defaultGenerator, functional, Linear, Module, normalTensor, Parameter, scope } from '@hourglass/core';
import { replaceSelfLoops, type EdgeIndex } from '../../edges/index.js';
import {
  atDestinations,
  atSources,
  bothSides,
  checkFeatures,
  type ConvOptions,
  type NodeFeatures,
} from '../message-passing.js';
import { inverseDegree, perRow } from '../propagate.js';

export interface FeaStConvOptions extends ConvOptions {
  /** Number of filters that each edge chooses between. Default 1. */
  readonly heads?: number;
  /** One self loop for each node. Default true. */
  readonly addSelfLoops?: boolean;
}

/** Feature-steered convolution of meshes: each edge mixes filters by the difference of its ends (Verma et al. 2017, arXiv:1706.05206). */
export class FeaStConv extends Module {
  readonly lin: Linear;
  readonly u: Linear;
  readonly c: Parameter;
  readonly bias: Parameter | null;
  readonly heads: number;
  readonly addSelfLoops: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: FeaStConvOptions = {},
  ) {
    super();
    const { heads = 1, addSelfLoops = true, bias = true, generator = defaultGenerator() } = options;
    this.lin = new Linear(inChannels, heads * outChannels, { bias: false, generator });
    this.u = new Linear(inChannels, heads, { bias: false, generator });
    this.c = new Parameter(normalTensor([heads], 0, 0.1, generator));
    this.bias = bias ? new Parameter(normalTensor([outChannels], 0, 0.1, generator)) : null;
    this.heads = heads;
    this.addSelfLoops = addSelfLoops;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('FeaStConv', sources, edges.sources, this.inChannels);
    checkFeatures('FeaStConv', destinations!, edges.destinations, this.inChannels);
    return scope(() => {
      const target = this.addSelfLoops ? replaceSelfLoops(edges).edges : edges;
      const steering = this.u.forward(sources);
      const own = sources === destinations ? steering : this.u.forward(destinations!);
      const scores = tf.add(tf.sub(atSources(steering, target), atDestinations(own, target)), this.c.value);
      const filtered = tf.reshape(this.lin.forward(sources), [target.sources, this.heads, this.outChannels]);
      const sums = functional.spmm(target.adjacency, functional.softmax(scores, 1), filtered);
      const y = tf.mul(tf.sum(sums, 1), perRow(inverseDegree(target), 2));
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }
}
