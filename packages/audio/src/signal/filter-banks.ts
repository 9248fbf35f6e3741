import * as tf from '@tensorflow/tfjs-core';
import { check, functional } from '@hourglass/core';

export interface FilterBankOptions {
  /** Hertz. Default 0. */
  readonly fMin?: number;
  /** Hertz. Default half the sample rate, rounded down. */
  readonly fMax?: number;
  readonly norm?: 'slaney' | null;
  readonly scale?: functional.MelScale;
}

/**
 * Triangular filters over `bins` frequencies from 0 to half the sample rate: float32 [bins, filters]; torchaudio's melscale_fbanks, and with
 * scale 'linear' its linear_fbanks. Half the sample rate is rounded down, as there.
 */
export function filterBank(
  bins: number,
  filters: number,
  sampleRate: number,
  options: FilterBankOptions = {},
): tf.Tensor2D {
  const half = Math.floor(sampleRate / 2);
  const { fMax = half, ...rest } = options;
  const frequencies = Array.from({ length: bins }, (_, bin) => (half * bin) / (bins - 1));
  return functional.melFilterBank(filters, 2 * (bins - 1), sampleRate, { ...rest, fMax, frequencies });
}

/**
 * Discrete cosine transform of type 2 as a matrix [inputs, outputs].
 * @param norm 'ortho' for an orthonormal one, or null
 */
export function cosineTransform(outputs: number, inputs: number, norm: 'ortho' | null = 'ortho'): tf.Tensor2D {
  check(norm === 'ortho' || norm === null, `cosineTransform: norm must be 'ortho' or null, got '${norm}'`);
  const values = Array.from({ length: inputs }, (_, n) =>
    Array.from({ length: outputs }, (__, k) => {
      const factor = norm === null ? 2 : Math.sqrt((k === 0 ? 1 : 2) / inputs);
      return Math.cos((Math.PI / inputs) * (n + 0.5) * k) * factor;
    }),
  );
  return tf.tensor2d(values, [inputs, outputs]);
}
