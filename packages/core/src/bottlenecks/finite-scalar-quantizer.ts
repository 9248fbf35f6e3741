import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { straightThrough } from '../functional/gradient-flow/index.js';
import { codeStatistics } from '../functional/quantization/index.js';
import { withoutGradient } from '../gradients/custom-op.js';
import { scope } from '../memory.js';
import { Bottleneck, noPenalty, type Bottlenecked } from './bottleneck.js';
import { perplexity } from './code-usage.js';

/**
 * Finite scalar quantisation: each channel is bounded and rounded to one of a few levels, with the gradient passed straight through the
 * rounding; there is no codebook to learn (Mentzer et al. 2023, arXiv:2309.15505). Values lie in [-1, 1]. Metrics: `perplexity`.
 */
export class FiniteScalarQuantizer extends Bottleneck {
  readonly inChannels: number;
  readonly outChannels: number;
  /** How many codes there are: the product of the levels. */
  readonly codes: number;
  readonly #half: readonly number[];
  readonly #basis: readonly number[];

  /** @param levels of each channel, at least 3; the paper's choice for 1024 codes is [8, 5, 5, 5] */
  constructor(readonly levels: readonly number[]) {
    super();
    check(
      levels.length > 0 && levels.every((level) => Number.isInteger(level) && level >= 3),
      () => `FiniteScalarQuantizer: levels must be whole numbers of at least 3, got [${levels.join(', ')}]`,
    );
    this.inChannels = levels.length;
    this.outChannels = levels.length;
    this.#half = levels.map((level) => Math.floor(level / 2));
    this.#basis = levels.map((_, i) => levels.slice(0, i).reduce((product, level) => product * level, 1));
    this.codes = levels.reduce((product, level) => product * level, 1);
    check(
      this.codes < 2 ** 24,
      () => `FiniteScalarQuantizer: ${this.codes} codes do not fit into exact float32 numbers`,
    );
  }

  override forward(x: tf.Tensor): Bottlenecked {
    this.checkWidth(x);
    return scope(() => {
      const bounded = this.#bounded(x);
      const whole = straightThrough(bounded, tf.round(bounded));
      const half = tf.tensor1d([...this.#half]);
      const codes = withoutGradient(() => {
        const digits = tf.add(whole, half);
        return tf.cast(tf.round(tf.sum(tf.mul(digits, tf.tensor1d([...this.#basis])), -1)), 'int32');
      });
      const metrics = { perplexity: this.#perplexity(codes) };
      return { value: tf.div(whole, half), codes, penalty: noPenalty(), metrics };
    });
  }

  /**
   * The values that codes stand for.
   *
   * @param codes int32 [...]
   * @returns float32 [..., channels]
   */
  lookup(codes: tf.Tensor): tf.Tensor {
    return scope(() => {
      const column = tf.expandDims(tf.cast(codes, 'float32'), -1);
      // half a unit against rounding of the quotient
      const quotient = tf.floor(tf.div(tf.add(column, 0.5), tf.tensor1d([...this.#basis])));
      const levels = tf.tensor1d([...this.levels]);
      const digits = tf.sub(quotient, tf.mul(tf.floor(tf.div(tf.add(quotient, 0.5), levels)), levels));
      const half = tf.tensor1d([...this.#half]);
      return tf.div(tf.sub(digits, half), half);
    });
  }

  /** Each channel within the range that rounds to its levels; for an even number of them shifted by half. */
  #bounded(x: tf.Tensor): tf.Tensor {
    // a little narrower, so that no value is rounded to a level beyond the last one
    const reach = this.levels.map((level) => ((level - 1) * (1 - 1e-3)) / 2);
    const offset = this.levels.map((level) => (level % 2 === 0 ? 0.5 : 0));
    const shift = reach.map((r, i) => Math.atanh(offset[i]! / r));
    return tf.sub(tf.mul(tf.tanh(tf.add(x, tf.tensor1d(shift))), tf.tensor1d(reach)), tf.tensor1d(offset));
  }

  #perplexity(codes: tf.Tensor): tf.Tensor {
    return withoutGradient(() => {
      const flat = tf.reshape(codes, [-1]);
      return perplexity(codeStatistics(tf.ones([flat.size, 1]), flat, this.codes).counts);
    });
  }
}
