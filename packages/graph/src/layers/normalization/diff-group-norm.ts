import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  functional,
  Linear,
  Module,
  scope,
  type BatchNormLayerOptions,
  type Generator,
} from '@hourglass/core';

export interface DiffGroupNormOptions extends BatchNormLayerOptions {
  /** Number of groups. */
  readonly groups: number;
  /** Share of what the groups' norms give. Default 0.01. */
  readonly lamda?: number;
  readonly generator?: Generator | undefined;
}

/** Adds norms of groups that nodes belong to in part (Zhou et al. 2020, arXiv:2006.06972). */
export class DiffGroupNorm extends Module {
  readonly lin: Linear;
  readonly norm: BatchNorm1d;
  readonly groups: number;
  readonly lamda: number;

  constructor(
    readonly inChannels: number,
    options: DiffGroupNormOptions,
  ) {
    super();
    const { groups, lamda = 0.01, generator, ...norm } = options;
    this.lin = new Linear(inChannels, groups, { bias: false, generator });
    this.norm = new BatchNorm1d(groups * inChannels, norm);
    this.groups = groups;
    this.lamda = lamda;
  }

  /** x float32 [nodes, channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    const [nodes, channels] = x.shape as [number, number];
    return scope(() => {
      const shares = functional.softmax(this.lin.forward(x), 1);
      const parts = tf.mul(tf.expandDims(shares, 2), tf.expandDims(x, 1));
      const normed = this.norm.forward(tf.reshape(parts, [nodes, this.groups * channels]));
      const sum = tf.sum(tf.reshape(normed, [nodes, this.groups, channels]), 1);
      return tf.add(x, tf.mul(sum, this.lamda));
    });
  }
}
