import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, Parameter, scope } from '@hourglass/core';
import type { Normalization } from './normalization.js';

export interface LayerNormOptions {
  /** Added to the variance (of one graph without a batch: to the deviation, as the reference does). Default 1e-5. */
  readonly eps?: number;
  /** Learns a scale and a shift a channel. Default true. */
  readonly affine?: boolean;
  /** Over all nodes and channels of a graph, or over the channels of each node. Default `graph`. */
  readonly mode?: 'graph' | 'node';
}

/** Layer norm of graphs or of nodes (Ba et al. 2016, arXiv:1607.06450). */
export class LayerNorm extends Module implements Normalization {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;
  readonly mode: 'graph' | 'node';

  constructor(
    readonly inChannels: number,
    options: LayerNormOptions = {},
  ) {
    super();
    const { eps = 1e-5, affine = true, mode = 'graph' } = options;
    this.weight = affine ? new Parameter(tf.ones([inChannels])) : null;
    this.bias = affine ? new Parameter(tf.zeros([inChannels])) : null;
    this.eps = eps;
    this.mode = mode;
  }

  forward(x: tf.Tensor, batch: functional.Segments | null = null): tf.Tensor {
    const { weight, bias, eps } = this;
    if (this.mode === 'node') {
      return functional.layerNorm(x, [this.inChannels], weight?.value ?? null, bias?.value ?? null, eps);
    }
    return scope(() => {
      const unit = this.#unit(x, batch);
      return weight === null ? unit : tf.add(tf.mul(unit, weight.value), bias!.value);
    });
  }

  #unit(x: tf.Tensor, batch: functional.Segments | null): tf.Tensor {
    if (batch === null) {
      const middle = tf.sub(x, tf.mean(x));
      return tf.div(middle, tf.add(tf.sqrt(tf.mean(tf.square(middle))), this.eps));
    }
    // of each graph, over nodes and channels: a mean of the nodes' means
    const mean = (values: tf.Tensor): tf.Tensor => functional.segmentMean(tf.mean(values, 1, true), batch);
    const middle = tf.sub(x, functional.segmentGather(mean(x), batch));
    const scale = tf.rsqrt(tf.add(mean(tf.square(middle)), this.eps));
    return tf.mul(middle, functional.segmentGather(scale, batch));
  }
}
