import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

export interface DecibelOptions {
  /** What x is: 'power' (default), or 'magnitude', whose square it is. */
  readonly of?: 'power' | 'magnitude';
  /** Nothing lies more than this below the largest value. Default: no floor. */
  readonly topDb?: number;
}

/**
 * Decibels of a spectrogram, at least those of 1e-10. As in torchaudio, `topDb` counts from the largest value of all of x, and for four
 * axes [N, frames, frequencies, channels] from that of each example.
 */
export function amplitudeToDb(x: tf.Tensor, options: DecibelOptions = {}): tf.Tensor {
  const { of = 'power', topDb } = options;
  check(of === 'power' || of === 'magnitude', `amplitudeToDb: of must be 'power' or 'magnitude', got '${of}'`);
  check(topDb === undefined || topDb >= 0, `amplitudeToDb: topDb must not be negative, got ${topDb}`);
  return scope(() => {
    const decibels = tf.mul(tf.log(tf.maximum(x, 1e-10)), (of === 'power' ? 10 : 20) / Math.LN10);
    if (topDb === undefined) return decibels;
    const axes = [...x.shape.keys()].slice(x.rank > 3 ? 1 : 0);
    return tf.maximum(decibels, tf.sub(tf.max(decibels, axes, true), topDb));
  });
}

/** The inverse: reference · (10^(x / 10))^power. */
export function dbToAmplitude(x: tf.Tensor, reference: number, power: number): tf.Tensor {
  return scope(() => tf.mul(tf.exp(tf.mul(x, (Math.LN10 / 10) * power)), reference));
}
