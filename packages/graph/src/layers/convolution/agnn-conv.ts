import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, Parameter, scope, StateBuffer } from '@hourglass/core';
import { replaceSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { checkFeatures } from '../message-passing.js';

export interface AGNNConvOptions {
  /** Learns beta. Default true. */
  readonly requiresGrad?: boolean;
  /** One self loop for each node. Default true. */
  readonly addSelfLoops?: boolean;
}

/** Attention by the cosine between a node and its neighbour (Thekumparampil et al. 2018, arXiv:1803.03735). */
export class AGNNConv extends Module {
  readonly beta: Parameter | StateBuffer;
  readonly addSelfLoops: boolean;

  constructor(options: AGNNConvOptions = {}) {
    super();
    const { requiresGrad = true, addSelfLoops = true } = options;
    this.beta = requiresGrad ? new Parameter(tf.ones([1])) : new StateBuffer(tf.ones([1]));
    this.addSelfLoops = addSelfLoops;
  }

  /** x float32 [nodes, channels]; the same shape back. */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    checkFeatures('AGNNConv', x, edges.nodes);
    return scope(() => {
      const target = this.addSelfLoops ? replaceSelfLoops(edges).edges : edges;
      const unit = tf.expandDims(functional.normalize(x), 1);
      const cosines = functional.sddmm(target.adjacency, unit, unit);
      const attention = functional.segmentSoftmax(tf.mul(cosines, this.beta.value), target.incoming);
      return functional.spmm(target.adjacency, tf.reshape(attention, [target.edges]), x);
    });
  }
}
