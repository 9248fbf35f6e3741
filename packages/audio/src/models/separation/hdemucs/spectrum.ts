import * as tf from '@tensorflow/tfjs-core';
import { functional, scope } from '@hourglass/core';

/**
 * A spectrogram of ceil(length / hop) frames exactly, as many as strided convolutions over the waveform give, without the highest frequency.
 *
 * @param x [N, time, channels]
 * @returns [N, frequencies nfft / 2, frames, channels · 2], real and imaginary part of each channel side by side
 */
export function spectrumOf(x: tf.Tensor, nfft: number): tf.Tensor {
  const [batch, length, channels] = x.shape as [number, number, number];
  const hop = nfft / 4;
  const frames = Math.ceil(length / hop);
  const edge = 1.5 * hop;
  return scope(() => {
    const rows = tf.reshape(tf.transpose(x, [0, 2, 1]), [batch * channels, length, 1]);
    const after = edge + frames * hop - length;
    // a signal too short to be mirrored gets zeros first
    const missing = Math.max(0, Math.max(edge, after) - length + 1);
    const long = missing === 0 ? rows : functional.pad(rows, [[0, missing]]);
    const padded = functional.pad(long, [[edge, after]], { mode: 'reflect' });
    const whole = functional.stft(tf.squeeze(padded, [2]), options(nfft));
    const inner = tf.slice(whole, [0, 2, 0, 0], [-1, frames, nfft / 2, 2]);
    const parts = tf.transpose(tf.reshape(inner, [batch, channels, frames, nfft / 2, 2]), [0, 3, 2, 1, 4]);
    return tf.reshape(parts, [batch, nfft / 2, frames, 2 * channels]);
  });
}

/**
 * The inverse of {@link spectrumOf}.
 *
 * @param spectrum [N, nfft / 2, frames, channels · 2]
 * @returns [N, length, channels]
 */
export function signalOf(spectrum: tf.Tensor, nfft: number, length: number): tf.Tensor {
  const [batch, frequencies, frames, width] = spectrum.shape as [number, number, number, number];
  const channels = width / 2;
  const edge = (3 * nfft) / 8;
  return scope(() => {
    const parts = tf.transpose(tf.reshape(spectrum, [batch, frequencies, frames, channels, 2]), [0, 3, 2, 1, 4]);
    const rows = tf.reshape(parts, [batch * channels, frames, frequencies, 2]);
    const whole = tf.pad(rows, [
      [0, 0],
      [2, 2],
      [0, 1],
      [0, 0],
    ]);
    const signal = functional.istft(whole, { ...options(nfft), length: (frames * nfft) / 4 + 2 * edge });
    const cut = tf.slice(signal, [0, edge], [-1, length]);
    return tf.transpose(tf.reshape(cut, [batch, channels, length]), [0, 2, 1]);
  });
}

const options = (nFft: number) => ({
  nFft,
  hopLength: nFft / 4,
  window: functional.hannWindow(nFft),
  normalized: true,
});
