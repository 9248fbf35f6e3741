import * as tf from '@tensorflow/tfjs-core';
import { check, defaultGenerator, functional, normalTensor, scope, type Generator } from '@hourglass/core';
import { cosineTransform } from './filter-banks.js';

export interface KaldiOptions {
  /** Hertz. Default 16000. */
  readonly sampleFrequency?: number;
  /** Milliseconds. Default 25. */
  readonly frameLength?: number;
  /** Milliseconds. Default 10. */
  readonly frameShift?: number;
  /** Default 'povey': Hann's to the power of 0.85. */
  readonly windowType?: 'povey' | 'hanning' | 'hamming' | 'rectangular' | 'blackman';
  readonly blackmanCoeff?: number;
  /** Standard deviation of the noise added. Default 0. */
  readonly dither?: number;
  readonly generator?: Generator;
  readonly preemphasisCoefficient?: number;
  readonly removeDcOffset?: boolean;
  /** Transforms have a power of two values. Default true. */
  readonly roundToPowerOfTwo?: boolean;
  /** Only frames that lie whole in the signal; else it is mirrored at its ends. Default true. */
  readonly snipEdges?: boolean;
  readonly numMelBins?: number;
  /** Hertz. Default 20. */
  readonly lowFreq?: number;
  /** Hertz; 0 (default) or below counts from half the sample rate. */
  readonly highFreq?: number;
  /** A column with the logarithm of the frame's energy. Default false. */
  readonly useEnergy?: boolean;
  /** The energy is that before windowing. Default true. */
  readonly rawEnergy?: boolean;
  readonly energyFloor?: number;
  /** The energy comes last, not first. Default false. */
  readonly htkCompat?: boolean;
  /** Default true. */
  readonly useLogFbank?: boolean;
  /** Power, not magnitude. Default true. */
  readonly usePower?: boolean;
  /** Take the mean of each column away. Default false. */
  readonly subtractMean?: boolean;
}

const epsilon = 2 ** -23;

/**
 * Mel filter-bank features as Kaldi makes them; torchaudio's `compliance.kaldi.fbank`. Differentiable.
 *
 * @param x float32 [time]: one signal. Models trained on Kaldi's features want the scale of 16-bit integers.
 * @returns [frames, numMelBins], with one more column with `useEnergy`
 * @throws InvalidArgumentError for a signal shorter than a frame, or options that do not fit
 */
export function kaldiFbank(x: tf.Tensor, options: KaldiOptions = {}): tf.Tensor2D {
  const { numMelBins = 23, useLogFbank = true, usePower = true, useEnergy = false, htkCompat = false } = options;
  const { sampleFrequency = 16000, lowFreq = 20, highFreq = 0, subtractMean = false } = options;
  return scope(() => {
    const { frames, energy, size } = windowed(x, options);
    const parts = functional.rfft(frames);
    const power = tf.sum(tf.square(parts), -1);
    const bank = kaldiFilterBank(numMelBins, size, sampleFrequency, lowFreq, highFreq);
    const bands = functional.linear(usePower ? power : tf.sqrt(tf.maximum(power, 1e-38)), bank);
    const features = useLogFbank ? tf.log(tf.maximum(bands, epsilon)) : bands;
    const whole = !useEnergy ? features : tf.concat(htkCompat ? [features, energy] : [energy, features], 1);
    return (subtractMean ? tf.sub(whole, tf.mean(whole, 0, true)) : whole) as tf.Tensor2D;
  });
}

/**
 * Kaldi's mel filters [size / 2 + 1, numMelBins], rounded at each step as torchaudio's are: in narrow filters that makes 1e-5.
 * @param size of the Fourier transform @param highFreq 0 or below counts from half the sample rate
 * @throws InvalidArgumentError for frequencies that are out of order, or too few filters
 */
export function kaldiFilterBank(
  numMelBins: number,
  size: number,
  sampleFrequency: number,
  lowFreq = 20,
  highFreq = 0,
): tf.Tensor2D {
  const { fround } = Math;
  const half = sampleFrequency / 2;
  const top = highFreq > 0 ? highFreq : half + highFreq;
  check(numMelBins > 3, `Kaldi's features have more than 3 mel bins, got ${numMelBins}`);
  check(
    lowFreq >= 0 && lowFreq < top && top <= half,
    `Kaldi's features: frequencies from ${lowFreq} to ${top} must lie between 0 and half the sample rate ${half}, in order`,
  );
  const toMel = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);
  const low = toMel(lowFreq);
  const step = fround((toMel(top) - low) / (numMelBins + 1));
  const corners = Array.from({ length: numMelBins + 2 }, (_, i) => fround(fround(low) + fround(i * step)));
  const bins = size / 2;
  // that of half the sample rate stays 0
  const values = new Float32Array((bins + 1) * numMelBins);
  for (let bin = 0; bin < bins; bin++) {
    const part = fround(fround(bin * fround(sampleFrequency / size)) / 700);
    const mel = fround(1127 * fround(Math.log(fround(1 + part))));
    for (let i = 0; i < numMelBins; i++) {
      const [left, centre, right] = [corners[i]!, corners[i + 1]!, corners[i + 2]!];
      const up = fround(mel - left) / fround(centre - left);
      const down = fround(right - mel) / fround(right - centre);
      values[bin * numMelBins + i] = Math.max(0, Math.min(up, down));
    }
  }
  return tf.tensor2d(values, [bins + 1, numMelBins]);
}

export interface KaldiMfccOptions extends Omit<KaldiOptions, 'useLogFbank' | 'usePower'> {
  /** Default 13. */
  readonly numCeps?: number;
  /** Weighs higher coefficients up. Default 22; 0 for none. */
  readonly cepstralLifter?: number;
}

/** Mel-frequency cepstral coefficients as Kaldi makes them: x [time] to [frames, numCeps]; see {@link kaldiFbank}. */
export function kaldiMfcc(x: tf.Tensor, options: KaldiMfccOptions = {}): tf.Tensor2D {
  const { numCeps = 13, cepstralLifter = 22, numMelBins = 23, useEnergy = false, htkCompat = false } = options;
  check(numCeps <= numMelBins, `kaldiMfcc: ${numCeps} coefficients of ${numMelBins} mel filters`);
  return scope(() => {
    const all = kaldiFbank(x, { ...options, subtractMean: false });
    const [bands, energy] = useEnergy
      ? htkCompat
        ? [tf.slice(all, [0, 0], [-1, numMelBins]), tf.slice(all, [0, numMelBins], [-1, 1])]
        : [tf.slice(all, [0, 1], [-1, numMelBins]), tf.slice(all, [0, 0], [-1, 1])]
      : [all, null];
    const lifter = Array.from({ length: numCeps }, (_, i) =>
      cepstralLifter === 0 ? 1 : 1 + 0.5 * cepstralLifter * Math.sin((Math.PI * i) / cepstralLifter),
    );
    const cepstrum = tf.mul(functional.linear(bands, cosineTransform(numCeps, numMelBins)), tf.tensor1d(lifter));
    const first = energy ?? tf.slice(cepstrum, [0, 0], [-1, 1]);
    const others = tf.slice(cepstrum, [0, 1], [-1, numCeps - 1]);
    const whole = htkCompat
      ? tf.concat([others, useEnergy ? first : tf.mul(first, Math.SQRT2)], 1)
      : tf.concat([first, others], 1);
    return (options.subtractMean === true ? tf.sub(whole, tf.mean(whole, 0, true)) : whole) as tf.Tensor2D;
  });
}

interface Windowed {
  /** [frames, size] */
  readonly frames: tf.Tensor;
  /** Logarithm, [frames, 1] */
  readonly energy: tf.Tensor;
  readonly size: number;
}

function windowed(x: tf.Tensor, options: KaldiOptions): Windowed {
  const { sampleFrequency = 16000, frameLength = 25, frameShift = 10, roundToPowerOfTwo = true } = options;
  const {
    dither = 0,
    removeDcOffset = true,
    preemphasisCoefficient = 0.97,
    rawEnergy = true,
    energyFloor = 1,
  } = options;
  check(x.rank === 1, () => `kaldi: x must be one signal [time], got [${x.shape.join(', ')}]`);
  const shift = Math.trunc(sampleFrequency * frameShift * 0.001);
  const length = Math.trunc(sampleFrequency * frameLength * 0.001);
  const size = roundToPowerOfTwo ? 2 ** Math.ceil(Math.log2(length)) : length;
  check(length >= 2 && length <= x.size, `kaldi: frames of ${length} samples for a signal of ${x.size}`);
  check(shift > 0, `kaldi: frameShift ${frameShift} ms is less than a sample`);
  check(size % 2 === 0, `kaldi: frames of ${size} samples; an even number is needed, or roundToPowerOfTwo`);
  let frames = cut(x, length, shift, options.snipEdges ?? true);
  if (dither !== 0)
    frames = tf.add(frames, normalTensor(frames.shape, 0, dither, options.generator ?? defaultGenerator()));
  if (removeDcOffset) frames = tf.sub(frames, tf.mean(frames, 1, true));
  const floor = energyFloor === 0 ? -Infinity : Math.log(energyFloor);
  const energyOf = (y: tf.Tensor): tf.Tensor => {
    const energy = tf.log(tf.maximum(tf.sum(tf.square(y), 1, true), epsilon));
    return floor === -Infinity ? energy : tf.maximum(energy, floor);
  };
  const raw = rawEnergy ? energyOf(frames) : null;
  if (preemphasisCoefficient !== 0) {
    const before = tf.concat([tf.slice(frames, [0, 0], [-1, 1]), tf.slice(frames, [0, 0], [-1, length - 1])], 1);
    frames = tf.sub(frames, tf.mul(before, preemphasisCoefficient));
  }
  frames = tf.pad(tf.mul(frames, window(length, options)), [
    [0, 0],
    [0, size - length],
  ]);
  return { frames, energy: raw ?? energyOf(frames), size };
}

function cut(x: tf.Tensor, length: number, shift: number, snipEdges: boolean): tf.Tensor {
  const time = x.size;
  if (snipEdges) return tf.squeeze(functional.frames(tf.expandDims(x, 0), length, shift), [0]);
  const count = Math.floor((time + Math.floor(shift / 2)) / shift);
  const before = Math.floor(length / 2) - Math.floor(shift / 2);
  const mirrored = tf.reverse(x, 0);
  const whole =
    before > 0
      ? tf.concat([tf.slice(mirrored, [time - before], [before]), x, mirrored])
      : tf.concat([tf.slice(x, [-before], [time + before]), mirrored]);
  const used = tf.slice(whole, [0], [(count - 1) * shift + length]);
  return tf.squeeze(functional.frames(tf.expandDims(used, 0), length, shift), [0]);
}

function window(length: number, { windowType = 'povey', blackmanCoeff = 0.42 }: KaldiOptions): tf.Tensor {
  const symmetric = { periodic: false };
  switch (windowType) {
    case 'povey':
      return tf.pow(functional.hannWindow(length, symmetric), 0.85);
    case 'hanning':
      return functional.hannWindow(length, symmetric);
    case 'hamming':
      return functional.hammingWindow(length, symmetric);
    case 'rectangular':
      return tf.ones([length]);
    case 'blackman':
      return tf.tensor1d(
        Array.from({ length }, (_, i) => {
          const angle = (2 * Math.PI * i) / (length - 1);
          return blackmanCoeff - 0.5 * Math.cos(angle) + (0.5 - blackmanCoeff) * Math.cos(2 * angle);
        }),
      );
    default:
      return check(false, `kaldi: unknown windowType '${String(windowType)}'`) as never;
  }
}
