import type { Generator } from '@hourglass/core';
import { FRCRN, type FRCRNConfig } from './frcrn/index.js';

/** Sizes of {@link createEnhancer}: half a million parameters, or the paper's 13 million. */
export const enhancementSizes = ['small', 'paper'] as const;
export type EnhancementSize = (typeof enhancementSizes)[number];

const sizes: Readonly<Record<EnhancementSize, FRCRNConfig>> = {
  small: { channels: 32, stages: 1 },
  paper: {},
};

/** An {@link FRCRN} for a sample rate, with frames of 40 milliseconds. @param sampleRate in hertz */
export function createEnhancer(
  { sampleRate, size = 'small' }: { readonly sampleRate: number; readonly size?: EnhancementSize },
  generator?: Generator,
): FRCRN {
  return new FRCRN({ ...sizes[size], fftLength: 2 * Math.round(0.02 * sampleRate), sampleRate }, generator);
}
