import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { filterBank } from '../signal/filter-banks.js';
import { timeRows } from '../signal/time-rows.js';

export interface MelDistanceOptions {
  /** Lengths of the windows; frames are a quarter of them apart. Default 32, 64, … 2048. */
  readonly windows?: readonly number[];
  /** Mel bins of each. Default 5, 10, 20, 40, 80, 160, 320: few enough for the window. */
  readonly melBins?: readonly number[];
  /** Mel magnitudes below this count as this. Default 1e-5. */
  readonly floor?: number;
}

/**
 * Mean difference of the logarithms (base 10) of mel magnitudes, summed over seven resolutions: the mel distance that the Descript Audio
 * Codec reports (Kumar et al. 2023, arXiv:2306.06546), whose filters are Slaney's. 0 for equal sounds. Windows longer than the sound are left
 * out.
 *
 * @param x float32 [N, time, channels], [N, time] or [time]
 * @param y of the same shape
 * @returns scalar
 * @throws InvalidArgumentError for unequal shapes or a sound shorter than every window
 */
export function melDistance(
  x: tf.Tensor,
  y: tf.Tensor,
  sampleRate: number,
  options: MelDistanceOptions = {},
): tf.Scalar {
  const { windows = [32, 64, 128, 256, 512, 1024, 2048], floor = 1e-5 } = options;
  const { melBins = [5, 10, 20, 40, 80, 160, 320] } = options;
  check(
    windows.length === melBins.length,
    `melDistance: ${windows.length} windows and ${melBins.length} numbers of bins`,
  );
  return scope(() => {
    const [a, b] = rowsOf('melDistance', x, y);
    const time = a.shape[1];
    const used = [...windows.keys()].filter((i) => windows[i]! < 2 * time);
    check(used.length > 0, `melDistance: ${time} samples are shorter than every window`);
    const terms = used.map((i) => {
      const nFft = windows[i]!;
      const bank = filterBank(nFft / 2 + 1, melBins[i]!, sampleRate, { norm: 'slaney', scale: 'slaney' });
      const logs = (sound: tf.Tensor): tf.Tensor =>
        tf.div(tf.log(tf.maximum(functional.linear(tf.sqrt(powers(sound, nFft)), bank), floor)), Math.LN10);
      return tf.mean(tf.abs(tf.sub(logs(a), logs(b))));
    });
    return tf.addN(terms) as tf.Scalar;
  });
}

/**
 * Log-spectral distance in decibels: the root mean square over frequencies of the difference of the power spectra's decibels, averaged over
 * frames (Gray and Markel 1976). 0 for equal sounds; about 1 is where listeners begin to hear a difference.
 *
 * @param x float32 [N, time, channels], [N, time] or [time]
 * @param y of the same shape
 * @param nFft length of the windows, four to a hop. Default 2048.
 * @returns scalar
 */
export function logSpectralDistance(x: tf.Tensor, y: tf.Tensor, nFft = 2048): tf.Scalar {
  return scope(() => {
    const decibels = (sound: tf.Tensor): tf.Tensor =>
      tf.mul(tf.log(tf.maximum(powers(sound, nFft), 1e-8)), 10 / Math.LN10);
    const [a, b] = rowsOf('logSpectralDistance', x, y);
    return tf.mean(tf.sqrt(tf.mean(tf.squaredDifference(decibels(a), decibels(b)), -1))) as tf.Scalar;
  });
}

function rowsOf(name: string, x: tf.Tensor, y: tf.Tensor): [tf.Tensor2D, tf.Tensor2D] {
  check(
    tf.util.arraysEqual(x.shape, y.shape),
    () => `${name} compares sounds of one shape, got [${x.shape.join(', ')}] and [${y.shape.join(', ')}]`,
  );
  return [timeRows(name, x).rows, timeRows(name, y).rows];
}

/** [rows, frames, nFft / 2 + 1] */
function powers(x: tf.Tensor, nFft: number): tf.Tensor {
  const spectrum = functional.stft(x, { nFft, hopLength: Math.max(1, nFft / 4), window: functional.hannWindow(nFft) });
  return tf.sum(tf.square(spectrum), -1);
}
