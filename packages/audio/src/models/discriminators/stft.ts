import { Conv2d, functional, Module, ModuleList, scope, type Generator } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkSound, Discriminator, type Judgement } from './discriminator.js';
import { Spectrum } from './multi-scale-stft.js';

/* STFT discriminator of SoundStream (Zeghidour et al. 2021, arXiv:2107.03312, section III-D). There is no public checkpoint. */

export interface StftDiscriminatorOptions {
  /** Default 1. */
  readonly channels?: number;
  /** Width of the first block. Default 32. */
  readonly filters?: number;
  /** Default 1024, with frames 256 apart. */
  readonly nFft?: number;
  readonly generator?: Generator;
}

/** Residual blocks over a complex spectrogram that halve frequency each and time every other, then one logit a place in time. */
export class StftDiscriminator extends Discriminator {
  readonly spectrum: Spectrum;
  readonly first: Conv2d;
  readonly blocks: ModuleList<Block>;
  readonly last: Conv2d;
  readonly #channels: number;

  constructor(options: StftDiscriminatorOptions = {}) {
    super();
    const { channels = 1, filters = 32, nFft = 1024, generator } = options;
    const seeded = generator === undefined ? {} : { generator };
    this.#channels = channels;
    this.spectrum = new Spectrum(nFft);
    this.first = new Conv2d(2 * channels, filters, { kernelSize: 7, padding: 3, ...seeded });
    const widths = [1, 2, 4, 4, 8, 8, 16].map((factor) => factor * filters);
    this.blocks = new ModuleList(
      Array.from({ length: 6 }, (_, i) => new Block(widths[i]!, widths[i + 1]!, 1 + (i % 2), seeded)),
    );
    const bins = Array.from({ length: 6 }).reduce<number>((size) => Math.ceil(size / 2), (nFft >> 1) + 1);
    this.last = new Conv2d(widths[6]!, 1, { kernelSize: [1, bins], ...seeded });
  }

  override forward(x: tf.Tensor): Judgement {
    checkSound('the STFT discriminator', x, this.#channels, this.spectrum.nFft);
    return scope(() => {
      let y = this.first.forward(this.spectrum.forward(x));
      const features = [y];
      for (const block of this.blocks) features.push((y = block.forward(y)));
      return { logits: [this.last.forward(functional.leakyRelu(y, 0.2))], features: [features] };
    });
  }
}

class Block extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly shortcut: Conv2d;

  constructor(inChannels: number, outChannels: number, strideOfTime: number, seeded: { generator?: Generator }) {
    super();
    const stride = [strideOfTime, 2];
    this.conv1 = new Conv2d(inChannels, inChannels, { kernelSize: 3, padding: 1, ...seeded });
    // as long as the stride and two more, so that sizes are rounded up
    const kernelSize = stride.map((s) => s + 2);
    const padding = stride.map((s) => [1, s] as [number, number]);
    this.conv2 = new Conv2d(inChannels, outChannels, { kernelSize, stride, padding, ...seeded });
    this.shortcut = new Conv2d(inChannels, outChannels, { kernelSize: 1, stride, bias: false, ...seeded });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const inner = functional.leakyRelu(this.conv1.forward(functional.leakyRelu(x, 0.2)), 0.2);
      return tf.add(this.conv2.forward(inner), this.shortcut.forward(x));
    });
  }
}
