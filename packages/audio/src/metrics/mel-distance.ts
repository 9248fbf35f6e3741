import { check, Module, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { MelSpectrogram } from '../signal/mel.js';

const nFft = 1024;
/** Magnitude of a full-scale tone under a Hann window: mel magnitudes are relative to it. */
const fullScale = nFft / 4;
/** Quieter than -80 dB counts as silence. */
const floor = 1e-4;

/**
 * How far two sounds are from each other to the ear, roughly: the mean absolute difference of their mel spectrograms in decibels (80 bins,
 * windows of 1024 samples a quarter of that apart, nothing below -80 dB).
 */
export class MelDistance extends Module {
  readonly spectrogram: MelSpectrogram;

  constructor(sampleRate: number) {
    super();
    this.spectrogram = new MelSpectrogram({ sampleRate, nFft, hopLength: nFft / 4, nMels: 80, power: 1 });
  }

  /**
   * @param estimate float32 [N, time, channels]
   * @param target of the same shape
   * @returns scalar, in decibels
   * @throws InvalidArgumentError when the shapes differ
   */
  forward(estimate: tf.Tensor, target: tf.Tensor): tf.Tensor {
    check(
      estimate.rank === 3 && tf.util.arraysEqual(estimate.shape, target.shape),
      () =>
        `the mel distance is of two sounds [N, time, channels], got [${estimate.shape.join(', ')}] and ` +
        `[${target.shape.join(', ')}]`,
    );
    return scope(() => tf.mean(tf.abs(tf.sub(this.#decibels(estimate), this.#decibels(target)))));
  }

  #decibels(x: tf.Tensor): tf.Tensor {
    const mel = tf.maximum(tf.div(this.spectrogram.forward(x), fullScale), floor);
    return tf.mul(tf.log(mel), 20 / Math.LN10);
  }
}
