import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';

/** Hertz to mel: 2595 log₁₀(1 + f / 700), Slaney's that is linear up to 1 kHz, Kaldi's 1127 ln(1 + f / 700), or hertz themselves. */
export type MelScale = 'htk' | 'slaney' | 'kaldi' | 'linear';

export interface MelOptions {
  /** Lowest frequency in hertz; default 0. */
  readonly fMin?: number;
  /** Highest frequency in hertz; default half the sample rate. */
  readonly fMax?: number;
  /** 'slaney' divides each filter by half its width in hertz, so that all have the same area. Default null: peaks of 1. */
  readonly norm?: 'slaney' | null;
  /** Default 'htk'. */
  readonly scale?: MelScale;
  /** Where the filters are triangles; default 'hertz'. With 'mel' widths are in mel, too. */
  readonly triangles?: 'hertz' | 'mel';
  /** Frequencies of the bins in hertz, where they are not multiples of sampleRate / nFft. Then fMax may lie above half the sample rate. */
  readonly frequencies?: ArrayLike<number>;
}

/**
 * Triangular filters, evenly spaced on the mel scale, over the frequencies of a Fourier transform: a power spectrogram
 * [..., nFft / 2 + 1] times this is a mel spectrogram. The defaults are torchaudio's `melscale_fbanks`; `scale` and `norm` 'slaney'
 * make librosa's `filters.mel`.
 *
 * @param nMels number of filters
 * @param sampleRate in hertz
 * @returns float32 [floor(nFft / 2) + 1, nMels], or as many rows as `frequencies`
 * @throws InvalidArgumentError for sizes and frequencies that do not fit
 */
export function melFilterBank(nMels: number, nFft: number, sampleRate: number, options: MelOptions = {}): tf.Tensor2D {
  const { fMin = 0, fMax = sampleRate / 2, norm = null, scale = 'htk', triangles = 'hertz' } = options;
  const isCount = (n: number): boolean => Number.isInteger(n) && n > 0;
  check(
    isCount(nMels) && isCount(nFft),
    `melFilterBank: nMels and nFft must be positive integers, got ${nMels}, ${nFft}`,
  );
  check(
    Object.hasOwn(scales, scale),
    `melFilterBank: unknown scale '${scale}'; there are ${Object.keys(scales).join(', ')}`,
  );
  check(norm === null || norm === 'slaney', `melFilterBank: norm must be 'slaney' or null, got '${norm}'`);
  check(
    fMin >= 0 && fMin < fMax && (fMax <= sampleRate / 2 || options.frequencies !== undefined),
    `melFilterBank: fMin ${fMin} and fMax ${fMax} must lie between 0 and half the sample rate ${sampleRate}, in order`,
  );
  const { toMel, toHertz } = scales[scale];
  const [low, high] = [toMel(fMin), toMel(fMax)];
  const inMel = triangles === 'mel';
  const corners = Array.from({ length: nMels + 2 }, (_, i) => {
    const mel = low + ((high - low) * i) / (nMels + 1);
    return inMel ? mel : toHertz(mel);
  });
  const { frequencies } = options;
  const bins = frequencies?.length ?? Math.floor(nFft / 2) + 1;
  const values = new Float32Array(bins * nMels);
  for (let bin = 0; bin < bins; bin++) {
    const hertz = frequencies?.[bin] ?? (bin * sampleRate) / nFft;
    const at = inMel ? toMel(hertz) : hertz;
    for (let i = 0; i < nMels; i++) {
      const [left, centre, right] = [corners[i]!, corners[i + 1]!, corners[i + 2]!];
      const height = Math.min((at - left) / (centre - left), (right - at) / (right - centre));
      values[bin * nMels + i] = Math.max(0, height) * (norm === null ? 1 : 2 / (right - left));
    }
  }
  return tf.tensor2d(values, [bins, nMels]);
}

interface Scale {
  readonly toMel: (hertz: number) => number;
  readonly toHertz: (mel: number) => number;
}

/** Mel per factor of e above 1 kHz on Slaney's scale, where 1 kHz is 15. */
const slaneyStep = 27 / Math.log(6.4);

const scales: Readonly<Record<MelScale, Scale>> = {
  htk: {
    toMel: (hertz) => 2595 * Math.log10(1 + hertz / 700),
    toHertz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  kaldi: {
    toMel: (hertz) => 1127 * Math.log(1 + hertz / 700),
    toHertz: (mel) => 700 * (Math.exp(mel / 1127) - 1),
  },
  linear: { toMel: (hertz) => hertz, toHertz: (mel) => mel },
  slaney: {
    toMel: (hertz) => (hertz < 1000 ? (3 * hertz) / 200 : 15 + Math.log(hertz / 1000) * slaneyStep),
    toHertz: (mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((mel - 15) / slaneyStep)),
  },
};
