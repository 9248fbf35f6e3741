import * as tf from '@tensorflow/tfjs-core';
import { Module, Parameter, scope, type functional } from '@hourglass/core';
import { graphMean } from './graph-mean.js';
import type { Normalization } from './normalization.js';

/** Instance norm that learns how much of the mean to take away (Cai et al. 2020, arXiv:2009.03294). */
export class GraphNorm extends Module implements Normalization {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly mean_scale: Parameter;
  readonly eps: number;

  /** @param options.eps added to the variance; default 1e-5 */
  constructor(
    readonly inChannels: number,
    options: { readonly eps?: number } = {},
  ) {
    super();
    this.weight = new Parameter(tf.ones([inChannels]));
    this.bias = new Parameter(tf.zeros([inChannels]));
    this.mean_scale = new Parameter(tf.ones([inChannels]));
    this.eps = options.eps ?? 1e-5;
  }

  forward(x: tf.Tensor, batch: functional.Segments | null = null): tf.Tensor {
    return scope(() => {
      const middle = tf.sub(x, tf.mul(graphMean(x, batch), this.mean_scale.value));
      const scale = tf.rsqrt(tf.add(graphMean(tf.square(middle), batch), this.eps));
      return tf.add(tf.mul(tf.mul(middle, this.weight.value), scale), this.bias.value);
    });
  }
}
