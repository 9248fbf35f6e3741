import { check, functional } from '@hourglass/core';

const { besselI0 } = functional;

/** Values of all filters: half a GiB. Usual rates need some thousands; those of a damaged header could need any number. */
const mostValues = 2 ** 26;

export interface ResampleOptions {
  /** Zero crossings of the sinc on each side. Default 6. */
  readonly lowpassFilterWidth?: number;
  /** Cut-off frequency, relative to half of the lower sample rate. Default 0.99. */
  readonly rolloff?: number;
  /** Default 'hann'. */
  readonly window?: 'hann' | 'kaiser';
  /** Of the Kaiser window. Default 14.769656459379492. */
  readonly beta?: number;
}

/** The low-pass filters that resampling takes, one for each of the `to` new samples of `from` old ones. */
export interface SincTaps {
  /** Sample rates without their common divisor. */
  readonly from: number;
  readonly to: number;
  /** Old samples that filters reach before the first of a period. */
  readonly width: number;
  /** Of each filter the first old sample that counts, relative to the period's first. */
  readonly starts: Int32Array;
  /** [to, count]: the filters from there on; what lies beyond is 0. */
  readonly values: Float64Array;
  readonly count: number;
}

/** Windowed sinc filters (Smith, Digital Audio Resampling; the formulas of torchaudio's `resample`), in double precision. */
export function sincTaps(fromRate: number, toRate: number, options: ResampleOptions = {}): SincTaps {
  const { lowpassFilterWidth: zeros = 6, rolloff = 0.99, window = 'hann', beta = 14.769656459379492 } = options;
  for (const rate of [fromRate, toRate])
    check(
      Number.isInteger(rate) && rate > 0,
      `resample: sample rates must be whole numbers, got ${rate}; give numbers in the same ratio`,
    );
  check(zeros > 0, `resample: lowpassFilterWidth must be positive, got ${zeros}`);
  check(rolloff > 0, `resample: rolloff must be positive, got ${rolloff}`);
  check(window === 'hann' || window === 'kaiser', `resample: window must be 'hann' or 'kaiser', got '${window}'`);
  const divisor = commonDivisor(fromRate, toRate);
  const [from, to] = [fromRate / divisor, toRate / divisor];
  const cutoff = Math.min(from, to) * rolloff;
  const width = Math.ceil((zeros * from) / cutoff);
  const last = width + from - 1;
  // where the window ends, and one more on each side for the rounding
  const reach = (zeros * from) / cutoff;
  const count = Math.min(width + from + width, Math.ceil(2 * reach) + 3);
  check(
    to * count <= mostValues,
    () => `resample: from ${fromRate} to ${toRate} takes ${to} filters of ${count} values; are the rates right?`,
  );
  const starts = new Int32Array(to);
  const values = new Float64Array(to * count);
  for (let phase = 0; phase < to; phase++) {
    const centre = (phase * from) / to;
    const start = Math.max(-width, Math.min(Math.ceil(centre - reach) - 1, last - count + 1));
    starts[phase] = start;
    for (let i = 0; i < count; i++) {
      const t = Math.max(-zeros, Math.min(zeros, ((start + i) / from - phase / to) * cutoff));
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
      const height =
        window === 'hann'
          ? Math.cos((Math.PI * t) / zeros / 2) ** 2
          : besselI0(beta * Math.sqrt(1 - (t / zeros) ** 2)) / besselI0(beta);
      values[phase * count + i] = (sinc * height * cutoff) / from;
    }
  }
  return { from, to, width, starts, values, count };
}

/** New samples of so many old ones. */
export function resampledLength(length: number, { from, to }: Pick<SincTaps, 'from' | 'to'>): number {
  return Math.ceil((to * length) / from);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
