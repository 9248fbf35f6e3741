import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  init,
  Module,
  Parameter,
  scope,
  StateBuffer,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { GCNConv } from './gcn-conv.js';

/** A convolution of one set of nodes, without attributes of edges. */
export interface PlainConv extends Module {
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor;
}

export interface AntiSymmetricConvOptions extends ConvOptions {
  /** What neighbours send; as wide as the features. Default: a {@link GCNConv} without bias. */
  readonly phi?: PlainConv;
  /** Steps. Default 1. */
  readonly numIters?: number;
  /** Step size. Default 0.1. */
  readonly epsilon?: number;
  /** Strength of the diffusion. Default 0.1. */
  readonly gamma?: number;
  /** A name that core's `activationByName` knows; null for none. Default `tanh`. */
  readonly act?: string | null;
  readonly generator?: Generator;
}

/** Steps of a stable, non-dissipative differential equation, which keep what is far away (Gravina et al. 2022, arXiv:2210.09789). */
export class AntiSymmetricConv extends Module {
  /** [channels, channels], also in checkpoints */
  readonly W: Parameter;
  readonly eye: StateBuffer;
  readonly phi: PlainConv;
  readonly bias: Parameter | null;
  readonly act: UnaryModule | null;
  readonly numIters: number;
  readonly epsilon: number;
  readonly gamma: number;

  constructor(
    readonly inChannels: number,
    options: AntiSymmetricConvOptions = {},
  ) {
    super();
    const { numIters = 1, epsilon = 0.1, gamma = 0.1, act = 'tanh', bias = true, generator } = options;
    this.W = new Parameter(tf.zeros([inChannels, inChannels]));
    init.kaimingUniform(this.W, { a: Math.sqrt(5), generator });
    this.eye = new StateBuffer(tf.eye(inChannels));
    this.phi = options.phi ?? new GCNConv(inChannels, inChannels, { bias: false, generator });
    this.bias = bias ? zeroBias(inChannels) : null;
    this.act = act === null ? null : activationByName(act);
    this.numIters = numIters;
    this.epsilon = epsilon;
    this.gamma = gamma;
  }

  /** x float32 [nodes, channels]; the same shape back. */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    checkFeatures('AntiSymmetricConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const W = this.W.value as tf.Tensor2D;
      // transposed, as x stands before it
      const matrix = tf.sub(tf.sub(tf.transpose(W), W), tf.mul(this.eye.value, this.gamma)) as tf.Tensor2D;
      let y = x;
      for (let i = 0; i < this.numIters; i++) {
        const sum = tf.add(tf.matMul(y as tf.Tensor2D, matrix), this.phi.forward(y, edges));
        const shifted = this.bias === null ? sum : tf.add(sum, this.bias.value);
        const h = this.act === null ? shifted : this.act.forward(shifted);
        y = tf.add(y, tf.mul(h, this.epsilon));
      }
      return y;
    });
  }
}
