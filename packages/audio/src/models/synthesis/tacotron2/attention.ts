import * as tf from '@tensorflow/tfjs-core';
import { Conv1d, init, Module, scope, type Generator, type Linear } from '@hourglass/core';
import type { Tacotron2Settings } from './config.js';
import { xavierLinear } from './nets.js';

class LocationLayer extends Module {
  readonly location_conv: Conv1d;
  readonly location_dense: Linear;

  constructor(settings: Tacotron2Settings, generator?: Generator) {
    super();
    const { attentionLocationNFilter: filters, attentionLocationKernelSize: kernelSize } = settings;
    this.location_conv = new Conv1d(2, filters, {
      kernelSize,
      padding: (kernelSize - 1) / 2,
      bias: false,
      generator,
    });
    init.xavierUniform(this.location_conv.weight, { generator });
    this.location_dense = xavierLinear(filters, settings.attentionHiddenDim, false, 'tanh', generator);
  }

  /** [N, L, 2]: the last weights and the sum of all before, to [N, L, hidden]. */
  forward(weights: tf.Tensor): tf.Tensor {
    return this.location_dense.forward(this.location_conv.forward(weights));
  }
}

/** Attention that knows where it has been (Chorowski et al. 2015, arXiv:1506.07503). */
export class LocationSensitiveAttention extends Module {
  readonly query_layer: Linear;
  readonly memory_layer: Linear;
  readonly v: Linear;
  readonly location_layer: LocationLayer;

  constructor(settings: Tacotron2Settings, generator?: Generator) {
    super();
    const { attentionRnnDim, encoderEmbeddingDim, attentionHiddenDim: hidden } = settings;
    this.query_layer = xavierLinear(attentionRnnDim, hidden, false, 'tanh', generator);
    this.memory_layer = xavierLinear(encoderEmbeddingDim, hidden, false, 'tanh', generator);
    this.v = xavierLinear(hidden, 1, false, 'linear', generator);
    this.location_layer = new LocationLayer(settings, generator);
  }

  /**
   * @param query [N, attentionRnnDim] @param memory [N, L, width] @param processed what memory_layer makes of it
   * @param last [N, L]: weights of the last step @param sum [N, L]: of all steps before
   * @param bias [N, L]: 0 where something is, -infinity behind it
   * @returns what is read [N, width], and the weights [N, L]
   */
  forward(
    query: tf.Tensor,
    memory: tf.Tensor,
    processed: tf.Tensor,
    last: tf.Tensor,
    sum: tf.Tensor,
    bias: tf.Tensor | null,
  ): { context: tf.Tensor; weights: tf.Tensor } {
    return scope(() => {
      const [n, length, width] = memory.shape as [number, number, number];
      const asked = tf.expandDims(this.query_layer.forward(query), 1);
      const placed = this.location_layer.forward(tf.stack([last, sum], 2));
      const energies = this.v.forward(tf.tanh(tf.add(tf.add(asked, placed), processed)));
      const scores = tf.reshape(energies, [n, length]);
      const weights = tf.softmax(bias === null ? scores : tf.add(scores, bias));
      const context = tf.matMul(tf.expandDims(weights, 1), memory);
      return { context: tf.reshape(context, [n, width]), weights };
    });
  }
}
