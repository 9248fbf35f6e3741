import * as tf from '@tensorflow/tfjs-core';
import {
  bernoulliTensor,
  check,
  defaultGenerator,
  Module,
  scope,
  VectorQuantizer,
  type Generator,
} from '@hourglass/core';

export interface MixedStates {
  /** float32 [N, L, hidden]: states, some of them replaced by their nearest code. */
  readonly states: tf.Tensor;
  /** int32 [N, L]: the nearest codes. */
  readonly codes: tf.Tensor;
  /** float32 [N, L]: 1 where a state was replaced. */
  readonly replaced: tf.Tensor;
  /** Scalar: how far states and codes are from each other, for both to learn. */
  readonly penalty: tf.Tensor;
  /** Scalar: Σ p log p / codes of the mean share of each code; smaller where more codes are used. */
  readonly diversity: tf.Tensor;
}

/**
 * Replaces some of the encoder's states by codes that speech and text share, so that the decoder reads both through the same interface
 * (the cross-modal vector quantisation and random mixing of SpeechT5, Ao et al. 2021, arXiv:2110.07205).
 */
export class CodeMixer extends Module {
  readonly quantizer: VectorQuantizer;
  readonly #generator: Generator | undefined;

  /** @param probability of replacing a state; 0.1 in the paper */
  constructor(
    codes: number,
    hidden: number,
    readonly probability = 0.1,
    generator?: Generator,
  ) {
    super();
    check(probability >= 0 && probability <= 1, () => `a share of states must lie in [0, 1], got ${probability}`);
    this.quantizer = new VectorQuantizer(codes, hidden, {
      codebook: 'gradient',
      ...(generator === undefined ? {} : { generator }),
    });
    this.#generator = generator;
  }

  /** @param states float32 [N, L, hidden] @param mask [N, L]: which of them count; null for all */
  forward(states: tf.Tensor, mask: tf.Tensor | null = null): MixedStates {
    return scope(() => {
      const [n, length] = states.shape as [number, number, number];
      const { value, codes, penalty } = this.quantizer.forward(states);
      const replaced = bernoulliTensor([n, length], this.probability, this.#generator ?? defaultGenerator());
      const there = tf.expandDims(replaced, -1);
      const mixed = tf.add(tf.mul(states, tf.sub(1, there)), tf.mul(value, there));
      const counts = mask === null ? tf.ones([n, length]) : tf.cast(mask, 'float32');
      const soft = tf.mul(tf.softmax(this.quantizer.scores(states)), tf.expandDims(counts, -1));
      const shares = tf.div(tf.sum(soft, [0, 1]), tf.maximum(tf.sum(counts), 1));
      const entropy = tf.sum(tf.mul(shares, tf.log(tf.add(shares, 1e-8))));
      return { states: mixed, codes: codes!, replaced, penalty, diversity: tf.div(entropy, this.quantizer.codes) };
    });
  }
}
