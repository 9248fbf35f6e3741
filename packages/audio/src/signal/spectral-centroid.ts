import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';
import { frameSettings, spectrogram, type FrameOptions } from './spectrogram.js';
import { makeWindow } from './windows.js';

/** The mean frequency of each frame in hertz, weighted by magnitude: x [N, time] or [time] to [N, frames]. NaN for silence. */
export function spectralCentroid(
  x: tf.Tensor,
  sampleRate: number,
  options: FrameOptions & { readonly pad?: number } = {},
): tf.Tensor {
  return scope(() => {
    const { nFft, winLength } = frameSettings(options);
    const window = makeWindow(options.window ?? 'hann', winLength, options.windowOptions);
    const magnitudes = spectrogram(x, window, { ...options, power: 1 });
    const bins = Math.floor(nFft / 2) + 1;
    const frequencies = tf.linspace(0, Math.floor(sampleRate / 2), bins);
    return tf.div(tf.sum(tf.mul(magnitudes, frequencies), -1), tf.sum(magnitudes, -1));
  });
}
