import * as tf from '@tensorflow/tfjs-core';
import { functional, Linear, Module, scope } from '@hourglass/core';
import { degree, keptTensor, type EdgeIndex } from '../../edges/index.js';
import { bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';

/** Local extremum convolution: how a node differs from its neighbours (Ranjan et al. 2019, arXiv:1911.07979). */
export class LEConv extends Module {
  readonly lin1: Linear;
  readonly lin2: Linear;
  readonly lin3: Linear;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: ConvOptions = {},
  ) {
    super();
    const { bias = true, generator } = options;
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    this.lin1 = new Linear(sourceWidth, outChannels, { bias, generator });
    this.lin2 = new Linear(destinationWidth, outChannels, { bias: false, generator });
    this.lin3 = new Linear(destinationWidth, outChannels, { bias, generator });
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('LEConv', sources, edges.sources, this.lin1.inFeatures);
    checkFeatures('LEConv', destinations!, edges.destinations, this.lin2.inFeatures);
    return scope(() => {
      const degrees =
        edgeWeight === null
          ? keptTensor(edges, 'degree', () => degree(edges.incoming))
          : functional.segmentSum(edgeWeight, edges.incoming);
      const theirs = functional.spmm(edges.adjacency, edgeWeight, this.lin1.forward(sources));
      const own = tf.mul(this.lin2.forward(destinations!), tf.expandDims(degrees, 1));
      return tf.add(tf.sub(theirs, own), this.lin3.forward(destinations!));
    });
  }
}
