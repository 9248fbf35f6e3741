import { FileError } from '@hourglass/core';

export interface DecodeSoundOptions {
  /** What errors call the bytes. Default 'sound'. */
  readonly name?: string;
  /** What to do with samples that are NaN or infinite: an error that says which (default), or 0 in their place. */
  readonly nonFinite?: 'error' | 'zero';
}

/**
 * Looks for samples that are no numbers, or were beyond what float32 holds.
 * @throws FileError naming the first one, unless they are to become 0
 */
export function checkFinite(channels: readonly Float32Array[], name: string, nonFinite: 'error' | 'zero'): void {
  const found = nonFinite === 'error' ? firstNonFinite(channels) : null;
  if (found !== null) {
    throw new FileError(name, `has the value ${found}; export it again, or read it with nonFinite: 'zero'`);
  }
  if (nonFinite === 'error') return;
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i++) if (!Number.isFinite(samples[i])) samples[i] = 0;
  }
}

/** Says which sample is the first that is no number or infinite, as `NaN at sample 5 of channel 0`; null when none is. */
export function firstNonFinite(channels: readonly Float32Array[]): string | null {
  for (const [channel, samples] of channels.entries()) {
    // a loop, for it is over every sample of every sound
    for (let i = 0; i < samples.length; i++) {
      if (!Number.isFinite(samples[i])) return `${samples[i]} at sample ${i} of channel ${channel}`;
    }
  }
  return null;
}
