import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../functional/gradient-flow/index.js';
import { gaussianKl } from '../losses/divergence.js';
import { scope } from '../memory.js';
import { defaultGenerator, normalTensor, type Generator } from '../random/index.js';
import { Bottleneck, type Bottlenecked } from './bottleneck.js';

export interface GaussianBottleneckOptions {
  /** What the second half of the encoder's output is: the logarithm of σ², or of σ. Default `log-variance`. */
  readonly spread?: 'log-variance' | 'log-std';
  /** Bounds of that logarithm. Default none. */
  readonly limits?: readonly [number, number];
  /** Weight of the divergence in the penalty. Default 1 (the evidence bound; β-VAE otherwise). */
  readonly beta?: number;
  /** For the noise. Default: the default generator. */
  readonly generator?: Generator;
}

/** Means and the logarithm of the standard deviation or of the variance, each float32 [..., width]. */
export interface GaussianMoments {
  readonly mean: tf.Tensor;
  readonly spread: tf.Tensor;
}

/**
 * Diagonal Gaussians whose sample, by the reparametrisation trick, is the value; in evaluation the value is their mean. The
 * penalty is beta times the divergence from the unit Gaussian, summed over all but the first axis and averaged over that
 * (Kingma and Welling 2014, arXiv:1312.6114).
 */
export class GaussianBottleneck extends Bottleneck {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly beta: number;
  readonly #spread: 'log-variance' | 'log-std';
  readonly #limits: readonly [number, number] | null;
  readonly #generator: Generator | undefined;

  /** @param channels width of the value; the encoder gives twice as much, means first */
  constructor(channels: number, options: GaussianBottleneckOptions = {}) {
    super();
    this.inChannels = 2 * channels;
    this.outChannels = channels;
    this.beta = options.beta ?? 1;
    this.#spread = options.spread ?? 'log-variance';
    this.#limits = options.limits ?? null;
    this.#generator = options.generator;
  }

  /** The two halves of an encoder's output, the second one within its limits. */
  moments(x: tf.Tensor): GaussianMoments {
    this.checkWidth(x);
    return scope(() => {
      const [mean, spread] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
      return { mean, spread: this.#limits === null ? spread : tf.clipByValue(spread, ...this.#limits) };
    });
  }

  override forward(x: tf.Tensor): Bottlenecked {
    return scope(() => {
      const { mean, spread } = this.moments(x);
      const isLogStd = this.#spread === 'log-std';
      const kl = gaussianKl(mean, isLogStd ? tf.mul(spread, 2) : spread);
      const value = this.training
        ? tf.add(mean, tf.mul(this.#noise(mean.shape), tf.exp(isLogStd ? spread : tf.mul(spread, 0.5))))
        : tf.clone(mean);
      const penalty = this.beta === 1 ? tf.clone(kl) : tf.mul(kl, this.beta);
      return { value, codes: null, penalty, metrics: { kl: stopGradient(kl) } };
    });
  }

  #noise(shape: readonly number[]): tf.Tensor {
    return normalTensor(shape, 0, 1, this.#generator ?? defaultGenerator());
  }
}
