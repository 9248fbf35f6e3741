import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope, type Linear } from '@hourglass/core';
import { keptTensor, replaceSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { glorotLinear } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { inDegrees, mapNarrowly } from '../propagate.js';

export interface ClusterGCNConvOptions extends ConvOptions {
  /** How much more a node's own features weigh. Default 0. */
  readonly diagLambda?: number;
  /** One self loop for each node. Default true. */
  readonly addSelfLoops?: boolean;
}

/** The convolution of Cluster-GCN, with diagonal enhancement (Chiang et al. 2019, arXiv:1905.07953). */
export class ClusterGCNConv extends Module {
  readonly lin_out: Linear;
  readonly lin_root: Linear;
  readonly diagLambda: number;
  readonly addSelfLoops: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: ClusterGCNConvOptions = {},
  ) {
    super();
    const { diagLambda = 0, addSelfLoops = true, bias = true, generator } = options;
    this.lin_out = glorotLinear(inChannels, outChannels, { bias, generator });
    this.lin_root = glorotLinear(inChannels, outChannels, { bias: false, generator });
    this.diagLambda = diagLambda;
    this.addSelfLoops = addSelfLoops;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    checkFeatures('ClusterGCNConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const target = this.addSelfLoops ? replaceSelfLoops(edges).edges : edges;
      const weight = keptTensor(target, `cluster-gcn ${this.diagLambda}`, () => enhanced(target, this.diagLambda));
      const { weight: map, bias } = this.lin_out;
      const reached = mapNarrowly(x, map.value, bias?.value ?? null, (x) =>
        functional.spmm(target.adjacency, weight, x),
      );
      return tf.add(reached, this.lin_root.forward(x));
    });
  }
}

/** 1 / degree for each edge, times 1 + lambda for self loops. */
function enhanced(edges: EdgeIndex, lambda: number): tf.Tensor {
  const degrees = inDegrees(edges);
  const { source, destination } = edges;
  return tf.tensor1d(
    Float32Array.from(destination, (node, e) => (source[e] === node ? 1 + lambda : 1) / Math.max(1, degrees[node]!)),
  );
}
