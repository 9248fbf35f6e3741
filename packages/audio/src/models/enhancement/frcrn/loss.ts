import * as tf from '@tensorflow/tfjs-core';
import { functional, scope } from '@hourglass/core';
import { negativeSdr } from '../../../losses/index.js';

/**
 * The complex ideal ratio mask (Williamson et al. 2016): what a noisy spectrogram must be multiplied with to be the clean one. Parts beyond 2
 * count as 1 of their sign, where there is hardly any sound to mask.
 *
 * @param noisy float32 [..., 2], as is `clean`
 */
export function complexIdealRatioMask(noisy: tf.Tensor, clean: tf.Tensor): tf.Tensor {
  return scope(() => {
    const power = tf.sum(tf.square(noisy), -1, true);
    const mask = tf.div(functional.complexMul(clean, functional.conjugate(noisy)), tf.add(power, 1e-8));
    return tf.where(tf.greater(tf.abs(mask), 2), tf.sign(mask), mask);
  });
}

export interface EnhancementTargets {
  /** [N, time] */
  readonly waveform: tf.Tensor;
  readonly targetWaveform: tf.Tensor;
  /** [N, frames, frequencies, 2] */
  readonly mask: tf.Tensor;
  readonly targetMask: tf.Tensor;
  /** Of the mask's error against the sound's. Default 1. */
  readonly maskWeight?: number;
}

/**
 * FRCRN's loss in time and in frequency: negative SI-SNR of the sound, and the squared error of both parts of the mask, summed over the
 * frequencies.
 *
 * @returns scalar; differentiable
 */
export function frcrnLoss({
  waveform,
  targetWaveform,
  mask,
  targetMask,
  maskWeight = 1,
}: EnhancementTargets): tf.Tensor {
  return scope(() => {
    // real and imaginary part have a mean each, times the number of values of a frame
    const squares = tf.mean(tf.squaredDifference(mask, targetMask));
    const weight = maskWeight * 4 * mask.shape[2]!;
    const ratio = tf.mean(negativeSdr(waveform, targetWaveform, { zeroMean: false }));
    return tf.add(ratio, tf.mul(squares, weight));
  });
}
