import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../errors.js';
import { stopGradient, straightThrough } from '../functional/gradient-flow/index.js';
import { codeStatistics, emaCodebookUpdate, vectorQuantize } from '../functional/quantization/index.js';
import { embedding } from '../functional/shape-ops/embedding.js';
import { withoutGradient } from '../gradients/custom-op.js';
import { mse } from '../losses/regression.js';
import { scope } from '../memory.js';
import { Parameter, StateBuffer } from '../module/index.js';
import { defaultGenerator, uniformTensor, type Generator } from '../random/index.js';
import { Bottleneck, type Bottlenecked } from './bottleneck.js';
import { perplexity } from './code-usage.js';

export interface VectorQuantizerOptions {
  /** How the codebook learns: from the gradient of its own loss, or by moving averages of its vectors. Default `ema`. */
  readonly codebook?: 'ema' | 'gradient';
  /** Weight of the commitment loss. Default 0.25. */
  readonly commitment?: number;
  /** Weight of the past in the moving averages. Default 0.99. */
  readonly decay?: number;
  /**
   * In training a code whose average number of vectors a batch is below this is replaced by a vector of the batch (Dhariwal et al. 2020,
   * arXiv:2005.00341). In batches with few vectors for each code all are rare, and a quarter of their mean number counts instead where it is
   * less. Default 0: never. All codes begin without vectors, so that above 0 the first batch gives them all.
   */
  readonly revive?: number;
  /** Nearest by angle: vectors and codes have length 1 (Yu et al. 2021, arXiv:2110.04627). Default false. */
  readonly cosine?: boolean;
  /** For the first codes and revived ones. Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * Each vector replaced by the nearest row of a codebook, with the gradient passed straight through (VQ-VAE, van den Oord et al. 2017,
 * arXiv:1711.00937). The penalty is the commitment loss times its weight and, where the codebook learns by gradients, the codebook loss.
 * Metrics: `perplexity` of the batch's codes, `distance` (mean squared).
 */
export class VectorQuantizer extends Bottleneck {
  readonly inChannels: number;
  readonly outChannels: number;
  /** [codes, channels] */
  readonly embed: Parameter | StateBuffer;
  /** [codes]: moving average of how many vectors each code gets. */
  readonly cluster_size: StateBuffer;
  /** [codes, channels]: moving average of their sums; null where the codebook learns by gradients. */
  readonly embed_avg: StateBuffer | null;
  readonly commitment: number;
  readonly decay: number;
  readonly revive: number;
  readonly cosine: boolean;
  readonly #generator: Generator | undefined;

  /** @throws InvalidArgumentError for a codebook that is empty or options out of range */
  constructor(
    readonly codes: number,
    channels: number,
    options: VectorQuantizerOptions = {},
  ) {
    super();
    const { codebook = 'ema', commitment = 0.25, decay = 0.99, revive = 0, cosine = false } = options;
    for (const [name, value] of Object.entries({ codes, channels })) {
      checkCount(`VectorQuantizer: ${name}`, value);
    }
    check(decay >= 0 && decay < 1, () => `VectorQuantizer: decay must lie in [0, 1), got ${decay}`);
    check(revive >= 0, () => `VectorQuantizer: revive must not be negative, got ${revive}`);
    this.inChannels = channels;
    this.outChannels = channels;
    this.commitment = commitment;
    this.decay = decay;
    this.revive = revive;
    this.cosine = cosine;
    this.#generator = options.generator;
    const generator = options.generator ?? defaultGenerator();
    const bound = cosine ? 1 : 1 / codes;
    const drawn = uniformTensor([codes, channels], -bound, bound, generator);
    const first = cosine ? unit(drawn) : drawn;
    if (first !== drawn) drawn.dispose();
    const isEma = codebook === 'ema';
    this.embed_avg = isEma ? new StateBuffer(tf.add(first, 0)) : null;
    this.embed = isEma ? new StateBuffer(first) : new Parameter(first);
    // with a first sum of one vector each; none when the first batch is to give the codes
    this.cluster_size = new StateBuffer(revive > 0 ? tf.zeros([codes]) : tf.ones([codes]));
  }

  override forward(x: tf.Tensor): Bottlenecked {
    this.checkWidth(x);
    return scope(() => {
      const vectors = this.cosine ? unit(x) : x;
      if (this.training && this.revive > 0) this.#replaceUnused(vectors);
      const { codes, embedded } = vectorQuantize(vectors, this.#codebook());
      const statistics = codeStatistics(vectors, codes, this.codes);
      const commitment = mse(vectors, stopGradient(embedded));
      const pulled = tf.mul(commitment, this.commitment);
      const learnsByGradient = this.embed_avg === null;
      const penalty = learnsByGradient ? tf.add(mse(embedded, stopGradient(vectors)), pulled) : pulled;
      const metrics = { perplexity: perplexity(statistics.counts), distance: stopGradient(commitment) };
      if (this.training) this.#learn(statistics);
      return { value: straightThrough(vectors, embedded), codes, penalty, metrics };
    });
  }

  /**
   * The values that codes stand for.
   *
   * @param codes int32 [...]
   * @returns float32 [..., channels]
   */
  lookup(codes: tf.Tensor): tf.Tensor {
    return scope(() => embedding(codes, this.#codebook()));
  }

  /**
   * How near each code is: minus the squared distance, or the cosine of the angle. Softmax of it gives soft assignments.
   *
   * @param x float32 [..., channels]
   * @returns float32 [..., codes], differentiable in both
   */
  scores(x: tf.Tensor): tf.Tensor {
    this.checkWidth(x);
    return scope(() => {
      const rows = tf.reshape(this.cosine ? unit(x) : x, [-1, this.inChannels]);
      const codebook = this.#codebook();
      const products = tf.matMul(rows as tf.Tensor2D, codebook as tf.Tensor2D, false, true);
      const scores = this.cosine
        ? products
        : tf.sub(tf.sub(tf.mul(products, 2), tf.sum(tf.square(rows), 1, true)), tf.sum(tf.square(codebook), 1));
      return tf.reshape(scores, [...x.shape.slice(0, -1), this.codes]);
    });
  }

  #codebook(): tf.Tensor {
    return this.cosine ? unit(this.embed.value) : this.embed.value;
  }

  #learn(batch: { readonly counts: tf.Tensor; readonly sums: tf.Tensor }): void {
    withoutGradient(() => {
      const { embed_avg: average, cluster_size: counts, decay } = this;
      if (average === null) {
        if (this.revive > 0) counts.assign(tf.add(tf.mul(counts.value, decay), tf.mul(batch.counts, 1 - decay)));
        return;
      }
      const moved = emaCodebookUpdate({ counts: counts.value, sums: average.value }, batch, { decay });
      counts.assign(moved.counts);
      average.assign(moved.sums);
      this.embed.assign(this.cosine ? unit(moved.codebook) : moved.codebook);
    });
  }

  /**
   * Codes without use become vectors of the batch, counted as twice the bound, which gives them time to be used. The averages are set too:
   * otherwise the next step would bring the old code back, as it does in EnCodec's code.
   */
  #replaceUnused(vectors: tf.Tensor): void {
    withoutGradient(() => {
      const rows = tf.reshape(vectors, [-1, this.inChannels]);
      const generator = this.#generator ?? defaultGenerator();
      const drawn = Int32Array.from({ length: this.codes }, () => generator.integer(0, rows.shape[0]!));
      const fresh = tf.gather(rows, tf.tensor1d(drawn, 'int32'));
      const counts = this.cluster_size.value;
      const bound = Math.min(this.revive, rows.shape[0]! / this.codes / 4);
      const unused = tf.less(counts, bound);
      const replaced = (old: tf.Tensor, by: tf.Tensor): tf.Tensor => tf.where(tf.expandDims(unused, 1), by, old);
      this.embed.assign(replaced(this.embed.value, fresh));
      this.embed_avg?.assign(replaced(this.embed_avg.value, tf.mul(fresh, 2 * bound)));
      this.cluster_size.assign(tf.where(unused, tf.fill([this.codes], 2 * bound), counts));
    });
  }
}

/** Vectors divided by their lengths; zero stays zero. */
function unit(x: tf.Tensor): tf.Tensor {
  return scope(() => tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), -1, true), 1e-12))));
}
