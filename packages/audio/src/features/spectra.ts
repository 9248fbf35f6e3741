import type * as tf from '@tensorflow/tfjs-core';
import { check, functional, InvalidArgumentError } from '@hourglass/core';
import type { Rows } from './feature-extractor.js';

/**
 * Rows of `width` values in double precision. Spectra are made on the host: logarithms show every rounding of float32 in bands where
 * there is little, and backends round each in their own way.
 */
export interface Spectrum {
  readonly values: Float64Array;
  readonly width: number;
}

export interface FramedSpectrum {
  readonly frameLength: number;
  readonly hopLength: number;
  /** Frames are padded with zeros at their end to this. Default their length. */
  readonly fftLength?: number;
  /** [frameLength] */
  readonly window: Float64Array;
  /** Mirrors half a frame at each end first. */
  readonly center: boolean;
  /** Take the mean of each frame away, and this much of each sample from the one behind it (of the first from itself), as Kaldi does. */
  readonly preemphasis?: number;
}

/** Power spectrum [frames, fftLength / 2 + 1] of one signal, framed as transformers' `audio_utils.spectrogram` does. */
export function powerSpectrum(samples: ArrayLike<number>, options: FramedSpectrum): Spectrum {
  const { frameLength, hopLength, fftLength = frameLength, window, center, preemphasis } = options;
  const x = center ? reflectEnds(samples, Math.floor(frameLength / 2)) : samples;
  check(
    x.length >= frameLength,
    () => `a sound of ${samples.length} samples is too short: features want ${frameLength} at least`,
  );
  const frames = 1 + Math.floor((x.length - frameLength) / hopLength);
  const width = Math.floor(fftLength / 2) + 1;
  const values = new Float64Array(frames * width);
  const transform = functional.fourierTransform(fftLength, false);
  const [even, odd] = [new Float64Array(fftLength), new Float64Array(fftLength)];
  const [re, im] = [new Float64Array(fftLength), new Float64Array(fftLength)];
  const take = (t: number, frame: Float64Array): void => {
    for (let i = 0; i < frameLength; i++) frame[i] = t < frames ? x[t * hopLength + i]! : 0;
    if (preemphasis !== undefined) emphasise(frame.subarray(0, frameLength), preemphasis);
    for (let i = 0; i < frameLength; i++) frame[i]! *= window[i]!;
  };
  // two real frames are one complex one; what is symmetric in its spectrum is the first's
  for (let t = 0; t < frames; t += 2) {
    take(t, even);
    take(t + 1, odd);
    transform(even, odd, re, im);
    for (let k = 0; k < width; k++) {
      const mirror = k === 0 ? 0 : fftLength - k;
      values[t * width + k] = powerOf(re[k]! + re[mirror]!, im[k]! - im[mirror]!);
      // behind the last frame nothing is written
      values[(t + 1) * width + k] = powerOf(im[k]! + im[mirror]!, re[mirror]! - re[k]!);
    }
  }
  return { values, width };
}

/** Of twice a complex number, in single precision as the reference keeps them. */
function powerOf(re: number, im: number): number {
  return Math.fround(re / 2) ** 2 + Math.fround(im / 2) ** 2;
}

function emphasise(frame: Float64Array, preemphasis: number): void {
  let sum = 0;
  for (const value of frame) sum += value;
  const mean = sum / frame.length;
  for (let i = 0; i < frame.length; i++) frame[i]! -= mean;
  for (let i = frame.length - 1; i >= 0; i--) frame[i]! -= preemphasis * frame[Math.max(0, i - 1)]!;
}

/** Each row through filters [width, filters], and each sum through `finish`. */
export function bandsOf({ values, width }: Spectrum, bank: tf.Tensor2D, finish: (band: number) => number): Rows {
  const filters = bank.shape[1];
  const weights = bank.dataSync<'float32'>();
  bank.dispose();
  const rows = values.length / width;
  // most of a filter is zero
  const bounds = Array.from({ length: filters }, (_, i) => {
    let [first, end] = [0, width];
    while (first < end && weights[first * filters + i] === 0) first++;
    while (end > first && weights[(end - 1) * filters + i] === 0) end--;
    return { first, end };
  });
  const result = new Float32Array(rows * filters);
  for (let row = 0; row < rows; row++) {
    bounds.forEach(({ first, end }, i) => {
      let sum = 0;
      for (let k = first; k < end; k++) sum += values[row * width + k]! * weights[k * filters + i]!;
      result[row * filters + i] = finish(sum);
    });
  }
  return { values: result, width: filters };
}

/** A signal mirrored at its ends, again and again where it is short. */
export function reflectEnds(x: ArrayLike<number>, by: number): Float64Array {
  const n = x.length;
  check(n > 0, 'features of a sound without samples');
  const period = Math.max(1, 2 * (n - 1));
  return Float64Array.from({ length: n + 2 * by }, (_, i) => {
    const at = (((i - by) % period) + period) % period;
    return x[at < n ? at : period - at]!;
  });
}

/** A window by its name in transformers' `window_function`. */
export function namedWindow(name: string, length: number, periodic: boolean): Float64Array {
  const raised = (constant: number, power = 1): Float64Array => {
    const period = periodic ? length : length - 1;
    return Float64Array.from({ length }, (_, i) =>
      length === 1 ? 1 : Math.max(0, constant - (1 - constant) * Math.cos((2 * Math.PI * i) / period)) ** power,
    );
  };
  switch (name.replace(/_window$/, '')) {
    case 'boxcar':
      return new Float64Array(length).fill(1);
    case 'hamming':
      return raised(0.54);
    case 'hann':
      return raised(0.5);
    case 'povey':
      return raised(0.5, 0.85);
    default:
      throw new InvalidArgumentError(`unknown window '${name}'; there are boxcar, hamming, hann and povey`);
  }
}

/** The least power of two that holds `length` values. */
export function powerOfTwo(length: number): number {
  return 2 ** Math.ceil(Math.log2(length));
}
