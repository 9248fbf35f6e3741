import * as tf from '@tensorflow/tfjs-core';
import {
  Linear,
  Parameter,
  ProjectedAttention,
  RelativePositionBias,
  scope,
  type Generator,
  type ProjectedAttentionCall,
  type ProjectedAttentionResult,
} from '@hourglass/core';
import type { Wav2Vec2Settings } from './config.js';
import type { AttentionMaker } from './encoder.js';

/**
 * Attention with a bias for the distance between frames, which a gate of each frame and head lets through more or less (WavLM, Chen et
 * al. 2022, arXiv:2110.13900). The biases are those of the first layer in all layers.
 */
class GatedRelativeAttention extends ProjectedAttention {
  /** [1, heads, 1, 1] */
  readonly gru_rel_pos_const: Parameter;
  readonly gru_rel_pos_linear: Linear;
  /** Null but in the first layer. */
  readonly rel_attn_embed: RelativePositionBias | null;
  readonly #positions: RelativePositionBias;

  constructor(settings: Wav2Vec2Settings, first: GatedRelativeAttention | null, generator?: Generator) {
    const { hidden_size, num_attention_heads: heads, attention_dropout: dropout } = settings;
    super(hidden_size, heads, { dropout, generator });
    this.gru_rel_pos_const = new Parameter(tf.ones([1, heads, 1, 1]));
    this.gru_rel_pos_linear = new Linear(this.headDim, 8, { generator });
    const { num_buckets: numBuckets, max_bucket_distance: maxDistance } = settings;
    this.rel_attn_embed =
      first === null ? new RelativePositionBias(heads, { numBuckets, maxDistance, generator }) : null;
    this.#positions = this.rel_attn_embed ?? first!.#positions;
  }

  override forward(states: tf.Tensor, call: ProjectedAttentionCall = {}): ProjectedAttentionResult {
    return scope(() => {
      const frames = states.shape[1]!;
      const bias = this.#positions.forward(frames, frames);
      return super.forward(states, { ...call, mask: tf.mul(this.#gate(states), bias) });
    });
  }

  /** [N, frames, features] to [N, heads, frames, 1], from 1 to 2 and more. */
  #gate(states: tf.Tensor): tf.Tensor {
    const [n, frames] = states.shape as [number, number];
    const shape = [n, frames, this.numHeads];
    const scores = this.gru_rel_pos_linear.forward(tf.reshape(states, [...shape, this.headDim]));
    const gates = tf.sigmoid(tf.sum(tf.reshape(scores, [...shape, 2, 4]), -1));
    const [a, b] = tf.split(tf.transpose(gates, [0, 2, 1, 3]), 2, -1) as [tf.Tensor, tf.Tensor];
    return tf.add(tf.mul(a, tf.sub(tf.mul(b, this.gru_rel_pos_const.value), 1)), 2);
  }
}

export function gatedAttention(settings: Wav2Vec2Settings, generator?: Generator): AttentionMaker {
  let first: GatedRelativeAttention | null = null;
  return () => {
    const attention = new GatedRelativeAttention(settings, first, generator);
    first ??= attention;
    return attention;
  };
}
