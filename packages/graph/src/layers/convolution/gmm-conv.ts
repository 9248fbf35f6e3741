import * as tf from '@tensorflow/tfjs-core';
import { Module, scope, type Linear, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { aggregationOf, type Aggregation, type AggregationName } from '../aggregation/index.js';
import { glorot, glorotLinear, zeroBias } from '../initialise.js';
import { atSources, bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { isLinear, propagate } from '../propagate.js';

export interface GMMConvOptions extends ConvOptions {
  /** Own Gaussians for every pair of an input and an output channel. Default false. */
  readonly separateGaussians?: boolean;
  /** Default `mean`. */
  readonly aggr?: AggregationName | Aggregation;
  /** Adds a linear map of the node's own features. Default true. */
  readonly rootWeight?: boolean;
}

/** Gaussian mixture model convolution, MoNet (Monti et al. 2016, arXiv:1611.08402): Gaussians of the edges' pseudo-coordinates weigh neighbours. */
export class GMMConv extends Module {
  /** [in, kernelSize * out]; with separate Gaussians [in, out * kernelSize] */
  readonly g: Parameter;
  /** [kernelSize, dim], or [in, out, kernelSize, dim] */
  readonly mu: Parameter;
  readonly sigma: Parameter;
  readonly root: Linear | null;
  readonly bias: Parameter | null;
  readonly aggr_module: Aggregation;
  readonly separateGaussians: boolean;

  /**
   * @param inChannels a bipartite graph has [that of the sources, that of the destinations]
   * @param dim of the pseudo-coordinates
   * @param kernelSize number of Gaussians
   */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    readonly dim: number,
    readonly kernelSize: number,
    options: GMMConvOptions = {},
  ) {
    super();
    const { separateGaussians = false, aggr = 'mean', rootWeight = true, bias = true, generator } = options;
    const random = { generator };
    const [width, rootWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const shape = [...(separateGaussians ? [width, outChannels] : []), kernelSize, dim];
    this.g = glorot([width, outChannels * kernelSize], random);
    this.mu = glorot(shape, random);
    this.sigma = glorot(shape, random);
    this.root = rootWeight ? glorotLinear(rootWidth, outChannels, { bias: false, ...random }) : null;
    this.bias = bias ? zeroBias(outChannels) : null;
    this.aggr_module = aggregationOf(aggr);
    this.separateGaussians = separateGaussians;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr pseudo-coordinates, float32 [edges, dim]
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('GMMConv', sources, edges.sources);
    checkFeatures('GMMConv (pseudo-coordinates)', edgeAttr, edges.edges, this.dim);
    if (destinations !== null) checkFeatures('GMMConv', destinations, edges.destinations);
    return scope(() => {
      const terms = [
        this.separateGaussians ? this.#separate(sources, edges, edgeAttr) : this.#shared(sources, edges, edgeAttr),
        ...(this.root === null || destinations === null ? [] : [this.root.forward(destinations)]),
        ...(this.bias === null ? [] : [this.bias.value]),
      ];
      return terms.reduce((sum, term) => tf.add(sum, term));
    });
  }

  #shared(x: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor): tf.Tensor {
    const mapped = tf.reshape(tf.matMul(x, this.g.value), [x.shape[0]!, this.kernelSize, this.outChannels]);
    const weights = gaussians(edgeAttr, this.mu.value, this.sigma.value);
    if (isLinear(this.aggr_module)) return tf.sum(propagate(this.aggr_module, mapped, edges, weights), 1);
    const sent = tf.sum(tf.mul(atSources(mapped, edges), tf.expandDims(weights, -1)), 1);
    return this.aggr_module.forward(sent, edges.incoming);
  }

  #separate(x: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor): tf.Tensor {
    const [width, count] = [x.shape[1]!, this.g.variable.size];
    const flat = (parameter: Parameter): tf.Tensor => tf.reshape(parameter.value, [count, this.dim]);
    const weights = tf.mul(gaussians(edgeAttr, flat(this.mu), flat(this.sigma)), tf.reshape(this.g.value, [count]));
    const matrices = tf.sum(tf.reshape(weights, [edges.edges, width, this.outChannels, this.kernelSize]), -1);
    const sent = tf.sum(tf.mul(tf.expandDims(atSources(x, edges), -1), matrices), 1);
    return this.aggr_module.forward(sent, edges.incoming);
  }
}

/** Densities, not normalised, of points [points, dim] under Gaussians [count, dim]: [points, count]. */
function gaussians(points: tf.Tensor, mu: tf.Tensor, sigma: tf.Tensor): tf.Tensor {
  const squares = tf.square(tf.sub(tf.expandDims(points, 1), mu));
  return tf.exp(tf.mul(tf.sum(tf.div(squares, tf.add(tf.square(sigma), 1e-15)), -1), -0.5));
}
