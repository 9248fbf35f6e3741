import * as tf from '@tensorflow/tfjs-core';
import { Module, scope } from '@hourglass/core';
import { frameMask } from '../../../layers/speech/index.js';
import { MelSpectrogram } from '../../../signal/index.js';

export interface LogMelOptions {
  /** Hertz. */
  readonly sampleRate: number;
  readonly nMels: number;
  /** Seconds; default 0.025. */
  readonly window?: number;
  /** Seconds; default 0.01. */
  readonly hop?: number;
}

export interface Features {
  /** float32 [N, frames, features], 0 beyond each sound's end. */
  readonly x: tf.Tensor;
  /** float32 [N, frames]: 1 before each sound's end. */
  readonly mask: tf.Tensor;
  /** Frames of each sound. */
  readonly lengths: readonly number[];
}

/**
 * Logarithms of mel spectra with mean 0 and variance 1 over all of a sound; each filter by itself would lose what sets a short word apart,
 * its vowel. A frame never reaches beyond the sound's end, so that padding changes nothing.
 */
export class LogMelFeatures extends Module {
  readonly mel: MelSpectrogram;
  readonly size: number;
  readonly hop: number;

  constructor({ sampleRate, nMels, window = 0.025, hop = 0.01 }: LogMelOptions) {
    super();
    this.size = Math.round(window * sampleRate);
    this.hop = Math.round(hop * sampleRate);
    this.mel = new MelSpectrogram({ sampleRate, nMels, nFft: this.size, hopLength: this.hop, center: false });
  }

  /** 0 for fewer samples than a window has. */
  frames(samples: number): number {
    return Math.max(0, Math.floor((samples - this.size) / this.hop) + 1);
  }

  /** @param x float32 [N, samples], at least a window's @param samples how many of them count, a sound */
  forward(x: tf.Tensor, samples: readonly number[]): Features {
    return scope(() => {
      const levels = tf.log(tf.add(this.mel.forward(x), 1e-5));
      const lengths = samples.map((count) => this.frames(count));
      const mask = frameMask(lengths, levels.shape[1]!);
      const kept = tf.expandDims(mask, -1);
      const counts = tf.maximum(tf.mul(tf.sum(kept, [1, 2], true), levels.shape[2]!), 1);
      const mean = (values: tf.Tensor): tf.Tensor => tf.div(tf.sum(tf.mul(values, kept), [1, 2], true), counts);
      const centred = tf.sub(levels, mean(levels));
      const deviation = tf.sqrt(tf.add(mean(tf.square(centred)), 1e-5));
      return { x: tf.mul(tf.div(centred, deviation), kept), mask, lengths };
    });
  }
}
