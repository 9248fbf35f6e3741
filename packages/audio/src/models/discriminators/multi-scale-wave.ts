import { Conv1d, functional, Module, ModuleList, scope, weightNorm, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { checkSound, Discriminator, joinedJudgement, type Judgement } from './discriminator.js';

/*
 * Multi-scale discriminator of waveforms of MelGAN (Kumar et al. 2019, arXiv:1910.06711), which SoundStream (arXiv:2107.03312) uses
 * beside its STFT discriminator.
 */

export interface MultiScaleWaveDiscriminatorOptions {
  /** Default 1. */
  readonly channels?: number;
  /** Width of the first layer. Default 16. */
  readonly filters?: number;
  /** Default 1024. */
  readonly maxFilters?: number;
  /** Resolutions, each half the one before. Default 3. */
  readonly scales?: number;
  /** Layers that make time shorter by 4 and the width larger by 4. Default 4. */
  readonly downsampling?: number;
  readonly generator?: Generator;
}

/** Grouped convolutions over the waveform at several sample rates. */
export class MultiScaleWaveDiscriminator extends Discriminator {
  readonly discriminators: ModuleList<WaveDiscriminator>;
  readonly #channels: number;

  constructor(options: MultiScaleWaveDiscriminatorOptions = {}) {
    super();
    const { channels = 1, scales = 3 } = options;
    this.#channels = channels;
    this.discriminators = new ModuleList(Array.from({ length: scales }, () => new WaveDiscriminator(options)));
  }

  override forward(x: tf.Tensor): Judgement {
    checkSound('the wave discriminator', x, this.#channels, 8 << this.discriminators.length);
    return scope(() => {
      let y = x;
      return joinedJudgement(
        [...this.discriminators].map((scale, i) => {
          if (i > 0) {
            y = functional.avgPool1d(y, { kernelSize: 4, stride: 2, padding: 1, countIncludePad: false });
          }
          return scale.forward(y);
        }),
      );
    });
  }
}

class WaveDiscriminator extends Module {
  readonly layers: ModuleList<Conv1d>;
  readonly last: Conv1d;

  constructor(options: MultiScaleWaveDiscriminatorOptions) {
    super();
    const { channels = 1, filters = 16, maxFilters = 1024, downsampling = 4, generator } = options;
    const seeded = generator === undefined ? {} : { generator };
    const layers = [
      weightNorm(new Conv1d(channels, filters, { kernelSize: 15, padding: 7, paddingMode: 'reflect', ...seeded })),
    ];
    let width = filters;
    for (let i = 0; i < downsampling; i++) {
      const next = Math.min(width * 4, maxFilters);
      const groups = Math.max(1, width >> 2);
      layers.push(weightNorm(new Conv1d(width, next, { kernelSize: 41, stride: 4, padding: 20, groups, ...seeded })));
      width = next;
    }
    const inner = Math.min(width * 2, maxFilters);
    layers.push(weightNorm(new Conv1d(width, inner, { kernelSize: 5, padding: 2, ...seeded })));
    this.layers = new ModuleList(layers);
    this.last = weightNorm(new Conv1d(inner, 1, { kernelSize: 3, padding: 1, ...seeded }));
  }

  forward(x: tf.Tensor): Judgement {
    const features: tf.Tensor[] = [];
    let y = x;
    for (const layer of this.layers) features.push((y = functional.leakyRelu(layer.forward(y), 0.2)));
    return { logits: [this.last.forward(y)], features: [features] };
  }
}
