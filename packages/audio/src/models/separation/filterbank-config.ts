import type { EncoderDecoderOptions } from '../../layers/filterbanks/index.js';

/** What the configurations of asteroid's models say of their filterbank. */
export type FilterbankConfig = Partial<EncoderDecoderOptions> & {
  /** Must be the features that the filterbank gives, where it is said. */
  readonly inChan?: number | null;
};

export interface FilterbankDefaults {
  readonly nFilters: number;
  readonly kernelSize: number;
  readonly stride: number | null;
}

/** A filterbank's options with a model's defaults in their place; names that other parts of a configuration have are left alone. */
export function filterbankOptions(config: FilterbankConfig, defaults: FilterbankDefaults): EncoderDecoderOptions {
  const { fbName, nFilters, kernelSize, stride, sampleRate, window, whoIsPinv } = config;
  const { center, padMode, normalized, onesided, minLowHz, minBandHz } = config;
  return {
    fbName,
    nFilters: nFilters ?? defaults.nFilters,
    kernelSize: kernelSize ?? defaults.kernelSize,
    stride: stride === undefined ? defaults.stride : stride,
    sampleRate,
    window,
    whoIsPinv,
    center,
    padMode,
    normalized,
    onesided,
    minLowHz,
    minBandHz,
  };
}
