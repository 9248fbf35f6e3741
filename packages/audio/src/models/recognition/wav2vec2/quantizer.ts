import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  functional,
  init,
  Linear,
  Module,
  Parameter,
  scope,
  uniformTensor,
  type Generator,
} from '@hourglass/core';
import type { Wav2Vec2Settings } from './config.js';

export interface GumbelQuantized {
  /** float32 [N, frames, codevector_dim] */
  readonly vectors: tf.Tensor;
  /** int32 [N, frames, groups] */
  readonly codes: tf.Tensor;
  /** How many of all groups' codes are in use, at most groups · codes. */
  readonly perplexity: tf.Tensor;
}

/**
 * A code of each of several groups for each frame, drawn by Gumbel noise in training, the likeliest in evaluation; their vectors lie
 * side by side (Baevski et al. 2020, arXiv:1910.05453). In evaluation no gradient goes to the choice.
 */
export class GumbelVectorQuantizer extends Module {
  /** [1, groups · codes, codevector_dim / groups] */
  readonly codevectors: Parameter;
  readonly weight_proj: Linear;
  readonly groups: number;
  readonly codes: number;
  /** Of the Gumbel softmax; training usually lowers it from 2 to 0.5. */
  temperature = 2;
  readonly #generator: Generator | undefined;

  /** @throws InvalidArgumentError when codevector_dim does not divide into the groups */
  constructor(settings: Wav2Vec2Settings, generator?: Generator) {
    super();
    const { num_codevector_groups: groups, num_codevectors_per_group: codes, codevector_dim: width } = settings;
    check(width % groups === 0, () => `codevector_dim ${width} does not divide into num_codevector_groups ${groups}`);
    this.groups = groups;
    this.codes = codes;
    this.codevectors = new Parameter(uniformTensor([1, groups * codes, width / groups], 0, 1, generator));
    this.weight_proj = new Linear(settings.conv_dim.at(-1)!, groups * codes, { generator });
    init.normal(this.weight_proj.weight, 0, 1, { generator });
    init.zeros(this.weight_proj.bias!);
    this.#generator = generator;
  }

  /**
   * @param x float32 [N, frames, features]
   * @param mask float32 [N, frames], 1 where a frame counts for the perplexity; null for all
   */
  forward(x: tf.Tensor, mask: tf.Tensor | null = null): GumbelQuantized {
    const { groups, codes, training, temperature } = this;
    return scope(() => {
      const [n, frames] = x.shape as [number, number];
      const scores = tf.reshape(this.weight_proj.forward(x), [n * frames, groups, codes]);
      const chosen = training
        ? functional.gumbelSoftmax(scores, { temperature, hard: true, generator: this.#generator })
        : likeliest(scores);
      // [groups, N · frames, codes] by [groups, codes, width]
      const vectors = tf.matMul(
        tf.transpose(chosen, [1, 0, 2]),
        tf.reshape(this.codevectors.value, [groups, codes, -1]),
      );
      return {
        vectors: tf.reshape(tf.transpose(vectors, [1, 0, 2]), [n, frames, -1]),
        codes: tf.reshape(tf.argMax(chosen, -1), [n, frames, groups]),
        perplexity: perplexity(training ? tf.softmax(scores) : chosen, mask),
      };
    });
  }
}

function likeliest(scores: tf.Tensor): tf.Tensor {
  return functional.stopGradient(tf.oneHot(tf.argMax(scores, -1), scores.shape.at(-1)!, 1, 0, 'float32'));
}

/** exp of the entropy of each group's average over the frames, summed; [frames, groups, codes] to a scalar. */
function perplexity(shares: tf.Tensor, mask: tf.Tensor | null): tf.Tensor {
  const average =
    mask === null ? tf.mean(shares, 0) : tf.div(tf.sum(tf.mul(shares, tf.reshape(mask, [-1, 1, 1])), 0), tf.sum(mask));
  // 0 log 0 is 0
  const entropy = tf.neg(tf.sum(tf.mul(average, tf.log(tf.maximum(average, 1e-37))), -1));
  return tf.sum(tf.exp(entropy));
}
