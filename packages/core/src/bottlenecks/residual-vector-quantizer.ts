import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { stopGradient, straightThrough } from '../functional/gradient-flow/index.js';
import { scope } from '../memory.js';
import { ModuleList } from '../module/index.js';
import { defaultGenerator, type Generator } from '../random/index.js';
import { Bottleneck, type Bottlenecked } from './bottleneck.js';
import { VectorQuantizer, type VectorQuantizerOptions } from './vector-quantizer.js';

export interface ResidualVectorQuantizerOptions extends VectorQuantizerOptions {
  /** Share of the training batches of which only the first stages are used, as many as are drawn, so that one model serves all bit rates. Default 0. */
  readonly quantizerDropout?: number;
  /** Makes a stage. Default a {@link VectorQuantizer}. */
  readonly stage?: (codes: number, channels: number, options: VectorQuantizerOptions) => VectorQuantizer;
}

/**
 * Stages of vector quantisation, each of what those before left over (SoundStream, Zeghidour et al. 2021, arXiv:2107.03312). Codes are
 * [..., stages used]; the penalty is the sum of the stages'. Metrics: the stages' means.
 */
export class ResidualVectorQuantizer extends Bottleneck {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly layers: ModuleList<VectorQuantizer>;
  readonly quantizerDropout: number;
  readonly #generator: Generator | undefined;

  constructor(stages: number, codes: number, channels: number, options: ResidualVectorQuantizerOptions = {}) {
    super();
    const { quantizerDropout = 0, stage = vectorQuantizer, ...each } = options;
    check(Number.isInteger(stages) && stages > 0, () => `ResidualVectorQuantizer of ${stages} stages`);
    this.inChannels = channels;
    this.outChannels = channels;
    this.quantizerDropout = quantizerDropout;
    this.#generator = options.generator;
    this.layers = new ModuleList(Array.from({ length: stages }, () => stage(codes, channels, each)));
  }

  /** @param stages how many are used; default all, or in training as many as the dropout leaves */
  override forward(x: tf.Tensor, stages: number = this.#drawStages()): Bottlenecked {
    this.checkWidth(x);
    check(
      Number.isInteger(stages) && stages > 0 && stages <= this.layers.length,
      () => `ResidualVectorQuantizer has ${this.layers.length} stages, cannot use ${stages}`,
    );
    return scope(() => {
      let residual = x;
      const results: Bottlenecked[] = [];
      for (let i = 0; i < stages; i++) {
        const result = this.layers.at(i).forward(residual);
        results.push(result);
        residual = tf.sub(residual, stopGradient(result.value));
      }
      const mean = (name: string): tf.Tensor => tf.div(tf.addN(results.map(({ metrics }) => metrics[name]!)), stages);
      return {
        value: straightThrough(x, tf.addN(results.map(({ value }) => stopGradient(value)))),
        codes: tf.stack(
          results.map(({ codes }) => codes!),
          -1,
        ),
        penalty: tf.addN(results.map(({ penalty }) => penalty)),
        metrics: { perplexity: mean('perplexity'), distance: stopGradient(tf.mean(tf.square(residual))) },
      };
    });
  }

  /**
   * The values that codes stand for.
   *
   * @param codes int32 [..., stages], of the first stages or of all
   * @returns float32 [..., channels]
   */
  lookup(codes: tf.Tensor): tf.Tensor {
    return scope(() => tf.addN(tf.unstack(codes, -1).map((of, stage) => this.layers.at(stage).lookup(of))));
  }

  #drawStages(): number {
    const all = this.layers.length;
    if (!this.training || this.quantizerDropout === 0) return all;
    const generator = this.#generator ?? defaultGenerator();
    return generator.uniform() < this.quantizerDropout ? generator.integer(1, all + 1) : all;
  }
}

function vectorQuantizer(codes: number, channels: number, options: VectorQuantizerOptions): VectorQuantizer {
  return new VectorQuantizer(codes, channels, options);
}
