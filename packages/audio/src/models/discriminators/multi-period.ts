import { Conv2d, functional, Module, ModuleList, scope, weightNorm, type Generator } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkSound, Discriminator, joinedJudgement, type Judgement } from './discriminator.js';

/*
 * Multi-period discriminator of HiFi-GAN (Kong et al. 2020, arXiv:2010.05646); parameters are named as in the HiFi-GAN repository (MIT). DAC's
 * (Kumar et al. 2023, arXiv:2306.06546) is the same, but that it puts a period more behind sound of whole periods.
 */

export interface MultiPeriodDiscriminatorOptions {
  /** Default 1. */
  readonly channels?: number;
  /** Default 2, 3, 5, 7, 11. */
  readonly periods?: readonly number[];
  /** Widths of the layers. Default 32, 128, 512, 1024, 1024. */
  readonly widths?: readonly number[];
  readonly generator?: Generator;
}

/** Convolutions over every p-th sample, for several periods p. */
export class MultiPeriodDiscriminator extends Discriminator {
  readonly discriminators: ModuleList<PeriodDiscriminator>;
  readonly #channels: number;
  readonly #longest: number;

  constructor(options: MultiPeriodDiscriminatorOptions = {}) {
    super();
    const { channels = 1, periods = [2, 3, 5, 7, 11] } = options;
    this.#channels = channels;
    this.#longest = Math.max(...periods);
    this.discriminators = new ModuleList(periods.map((period) => new PeriodDiscriminator(period, options)));
  }

  override forward(x: tf.Tensor): Judgement {
    checkSound('the period discriminator', x, this.#channels, this.#longest);
    return scope(() => joinedJudgement([...this.discriminators].map((period) => period.forward(x))));
  }
}

class PeriodDiscriminator extends Module {
  readonly convs: ModuleList<Conv2d>;
  readonly conv_post: Conv2d;

  constructor(
    readonly period: number,
    options: MultiPeriodDiscriminatorOptions,
  ) {
    super();
    const { channels = 1, widths = [32, 128, 512, 1024, 1024], generator } = options;
    const make = (from: number, to: number, taps: number, stride: number): Conv2d =>
      weightNorm(
        new Conv2d(from, to, {
          kernelSize: [taps, 1],
          stride: [stride, 1],
          padding: [taps >> 1, 0],
          ...(generator && { generator }),
        }),
        { legacy: true },
      );
    this.convs = new ModuleList(
      widths.map((width, i) => make(widths[i - 1] ?? channels, width, 5, i === widths.length - 1 ? 1 : 3)),
    );
    this.conv_post = make(widths.at(-1)!, 1, 3, 1);
  }

  forward(x: tf.Tensor): Judgement {
    const [examples, time, channels] = x.shape as [number, number, number];
    const missing = (this.period - (time % this.period)) % this.period;
    const whole = missing === 0 ? x : functional.pad(x, [[0, missing]], { mode: 'reflect' });
    let y: tf.Tensor = tf.reshape(whole, [examples, (time + missing) / this.period, this.period, channels]);
    const features: tf.Tensor[] = [];
    for (const conv of this.convs) features.push((y = functional.leakyRelu(conv.forward(y), 0.1)));
    return { logits: [this.conv_post.forward(y)], features: [features] };
  }
}
