export * from './biquads.js';
export * from './cepstrum.js';
export * from './convolve.js';
export * from './decibels.js';
export * from './deltas.js';
export * from './emphasis.js';
export * from './filter-banks.js';
export * from './griffin-lim.js';
export * from './kaldi.js';
export * from './level.js';
export * from './linear-filter.js';
export * from './loudness.js';
export * from './masking.js';
export { InverseMelScale, MelScale, MelSpectrogram, type MelScaleOptions, type MelSpectrogramOptions } from './mel.js';
export * from './mix.js';
export * from './mu-law.js';
export * from './resample.js';
export type { ResampleOptions } from './sinc-taps.js';
export * from './sliding-mean.js';
export * from './spectral-centroid.js';
export {
  InverseSpectrogram,
  magnitude,
  safeSqrt,
  Spectrogram,
  type FrameOptions,
  type SpectrogramOptions,
  type SpectrumOptions,
} from './spectrogram.js';
export { pitchShift, timeStretch, type PitchShiftOptions } from './time-stretch.js';
export * from './windows.js';
