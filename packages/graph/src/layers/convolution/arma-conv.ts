import * as tf from '@tensorflow/tfjs-core';
import { activationByName, Dropout, Module, Parameter, scope, type UnaryModule } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { hop } from '../hops.js';
import { glorot } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';

export interface ARMAConvOptions extends ConvOptions {
  /** Filters side by side, whose mean is the result. Default 1. */
  readonly numStacks?: number;
  /** Default 1. */
  readonly numLayers?: number;
  /** One set of parameters for all layers. Default false. */
  readonly sharedWeights?: boolean;
  /** A name that core's `activationByName` knows; null for none. Default `relu`. */
  readonly act?: string | null;
  /** Probability of dropping a value of the skip connections. Default 0. */
  readonly dropout?: number;
}

/** Auto-regressive moving average filter (Bianchi et al. 2019, arXiv:1901.01343). */
export class ARMAConv extends Module {
  /** [layers - 1, stacks, out, out] */
  readonly weight: Parameter;
  /** [stacks, in, out] */
  readonly init_weight: Parameter;
  /** [layers, stacks, in, out] */
  readonly root_weight: Parameter;
  /** [layers, stacks, 1, out] */
  readonly bias: Parameter | null;
  readonly act: UnaryModule | null;
  readonly dropout: Dropout;
  readonly numStacks: number;
  readonly numLayers: number;
  readonly #shared: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: ARMAConvOptions = {},
  ) {
    super();
    const { numStacks = 1, numLayers = 1, sharedWeights = false, act = 'relu', dropout = 0 } = options;
    const { bias = true, generator } = options;
    const layers = sharedWeights ? 1 : numLayers;
    this.weight = glorot([Math.max(1, layers - 1), numStacks, outChannels, outChannels], { generator });
    this.init_weight = glorot([numStacks, inChannels, outChannels], { generator });
    this.root_weight = glorot([layers, numStacks, inChannels, outChannels], { generator });
    this.bias = bias ? new Parameter(tf.zeros([layers, numStacks, 1, outChannels])) : null;
    this.act = act === null ? null : activationByName(act);
    this.dropout = new Dropout(dropout, { generator });
    this.numStacks = numStacks;
    this.numLayers = numLayers;
    this.#shared = sharedWeights;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('ARMAConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const once = hop(edges, edgeWeight, { addSelfLoops: false });
      const layer = (parameter: Parameter, t: number): tf.Tensor => tf.gather(parameter.value, this.#shared ? 0 : t);
      const all = tf.expandDims(x, 1);
      // [nodes, stacks, out]
      let y = all;
      for (let t = 0; t < this.numLayers; t++) {
        const spread = once(times(y, t === 0 ? this.init_weight.value : layer(this.weight, t - 1)));
        y = tf.add(spread, times(this.dropout.forward(all), layer(this.root_weight, t)));
        if (this.bias !== null) y = tf.add(y, tf.reshape(layer(this.bias, t), [1, this.numStacks, this.outChannels]));
        if (this.act !== null) y = this.act.forward(y);
      }
      return tf.mean(y, 1);
    });
  }
}

/** x [nodes, stacks or 1, in] times weight [stacks, in, out]: [nodes, stacks, out]. */
function times(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const [stacks, inputs, outputs] = weight.shape as [number, number, number];
  if (x.shape[1] === 1) {
    const rows = tf.reshape(x, [x.shape[0]!, inputs]);
    const side = tf.reshape(tf.transpose(weight, [1, 0, 2]), [inputs, stacks * outputs]);
    return tf.reshape(tf.matMul(rows, side), [x.shape[0]!, stacks, outputs]);
  }
  return tf.transpose(tf.matMul(tf.transpose(x, [1, 0, 2]), weight), [1, 0, 2]);
}
