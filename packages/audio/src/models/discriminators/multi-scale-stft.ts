import {
  Conv2d,
  functional,
  Module,
  ModuleList,
  scope,
  StateBuffer,
  weightNorm,
  type Generator,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkSound, Discriminator, joinedJudgement, type Judgement } from './discriminator.js';

/*
 * Multi-scale STFT discriminator of EnCodec (Défossez et al. 2022, arXiv:2210.13438, section 3.4); parameters are named as in Meta's encodec
 * package (MIT).
 */

export interface MultiScaleStftDiscriminatorOptions {
  /** Default 1. */
  readonly channels?: number;
  /** Width of the first layer. Default 32. */
  readonly filters?: number;
  /** Factor of the width from layer to layer. Default 1. */
  readonly filtersScale?: number;
  /** Default 1024. */
  readonly maxFilters?: number;
  /** Lengths of the transforms and of their windows; frames are a quarter of them apart. Default 1024, 2048, 512. */
  readonly nFfts?: readonly number[];
  readonly generator?: Generator;
}

/** Convolutions over complex spectrograms of several resolutions, each judging small regions of time and frequency. */
export class MultiScaleStftDiscriminator extends Discriminator {
  readonly discriminators: ModuleList<ScaleDiscriminator>;

  constructor(options: MultiScaleStftDiscriminatorOptions = {}) {
    super();
    const { nFfts = [1024, 2048, 512] } = options;
    this.discriminators = new ModuleList(nFfts.map((nFft) => new ScaleDiscriminator(nFft, options)));
  }

  override forward(x: tf.Tensor): Judgement {
    return scope(() => joinedJudgement([...this.discriminators].map((scale) => scale.forward(x))));
  }
}

class ScaleDiscriminator extends Discriminator {
  readonly convs: ModuleList<NormConv2d>;
  readonly conv_post: NormConv2d;
  readonly spec_transform: Spectrum;
  readonly #channels: number;

  constructor(nFft: number, options: MultiScaleStftDiscriminatorOptions) {
    super();
    const { channels = 1, filters = 32, filtersScale = 1, maxFilters = 1024, generator } = options;
    const dilations = [1, 2, 4];
    const width = (power: number): number => Math.min(filtersScale ** power * filters, maxFilters);
    const make = (from: number, to: number, kernelSize: [number, number], stride = 1, dilation = 1): NormConv2d =>
      new NormConv2d(from, to, { kernelSize, stride, dilation, normed: true, ...(generator && { generator }) });
    this.#channels = channels;
    this.spec_transform = new Spectrum(nFft);
    this.convs = new ModuleList([
      // the reference's first one has no weight norm
      new NormConv2d(2 * channels, filters, {
        kernelSize: [3, 9],
        stride: 1,
        dilation: 1,
        normed: false,
        ...(generator && { generator }),
      }),
      ...dilations.map((dilation, i) => make(i === 0 ? filters : width(i), width(i + 1), [3, 9], 2, dilation)),
      make(width(dilations.length), width(dilations.length + 1), [3, 3]),
    ]);
    this.conv_post = make(width(dilations.length + 1), 1, [3, 3]);
  }

  override forward(x: tf.Tensor): Judgement {
    checkSound('the STFT discriminator', x, this.#channels, this.spec_transform.nFft);
    return scope(() => {
      const features: tf.Tensor[] = [];
      let y = this.spec_transform.forward(x);
      for (const conv of this.convs) features.push((y = functional.leakyRelu(conv.forward(y), 0.2)));
      return { logits: [this.conv_post.forward(y)], features: [features] };
    });
  }
}

/** Complex spectrogram without padding, divided by the window's norm: [N, frames, frequencies, 2 · channels], real parts first. */
export class Spectrum extends Module {
  readonly window: StateBuffer;

  constructor(
    readonly nFft: number,
    readonly hopLength: number = nFft >> 2,
  ) {
    super();
    this.window = new StateBuffer(functional.hannWindow(nFft), { persistent: false });
  }

  /** @param x float32 [N, time, channels] */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [examples, time, channels] = x.shape as [number, number, number];
      const flat = tf.reshape(channels === 1 ? x : tf.transpose(x, [0, 2, 1]), [examples * channels, time]);
      const norm = tf.sqrt(tf.sum(tf.square(this.window.value)));
      const { nFft, hopLength } = this;
      const spectrum = functional.stft(flat, {
        nFft,
        hopLength,
        window: tf.div(this.window.value, norm),
        center: false,
      });
      if (channels === 1) return spectrum;
      const [frames, bins] = spectrum.shape.slice(1) as [number, number];
      const parts = tf.transpose(tf.reshape(spectrum, [examples, channels, frames, bins, 2]), [0, 2, 3, 4, 1]);
      return tf.reshape(parts, [examples, frames, bins, 2 * channels]);
    });
  }
}

interface NormConvOptions {
  readonly kernelSize: readonly [number, number];
  /** Along frequency. */
  readonly stride: number;
  /** Along time. */
  readonly dilation: number;
  /** With weight norm. */
  readonly normed: boolean;
  readonly generator?: Generator;
}

/** Convolution, padded so that a stride of 1 keeps the size. */
class NormConv2d extends Module {
  readonly conv: Conv2d;

  constructor(inChannels: number, outChannels: number, options: NormConvOptions) {
    super();
    const { kernelSize, stride, dilation, normed, generator } = options;
    const conv = new Conv2d(inChannels, outChannels, {
      kernelSize,
      stride: [1, stride],
      dilation: [dilation, 1],
      padding: [((kernelSize[0] - 1) * dilation) >> 1, (kernelSize[1] - 1) >> 1],
      ...(generator && { generator }),
    });
    this.conv = normed ? weightNorm(conv, { legacy: true }) : conv;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.conv.forward(x);
  }
}
