import { check } from '@hourglass/core';
import { bssEvalSdr, type Samples } from './sdr.js';

/** What was made of one piece of music. */
export interface SeparatedTrack {
  readonly estimate: Samples;
  readonly target: Samples;
  readonly mixture: Samples;
}

/** Normalised SDR: how much nearer an estimate is to its target than the mixture is, by BSS-Eval, in decibels. */
export function normalizedSdr(
  { estimate, target, mixture }: SeparatedTrack,
  options?: { filterLength?: number },
): number {
  return bssEvalSdr(estimate, target, options) - bssEvalSdr(mixture, target, options);
}

/** GNSDR: the mean of {@link normalizedSdr} over tracks, each weighed by its length. @throws InvalidArgumentError without a track */
export function globalNormalizedSdr(tracks: readonly SeparatedTrack[], options?: { filterLength?: number }): number {
  check(tracks.length > 0, 'globalNormalizedSdr: there is no track');
  const total = tracks.reduce((sum, { target }) => sum + target.length, 0);
  return tracks.reduce((sum, track) => sum + (track.target.length / total) * normalizedSdr(track, options), 0);
}
