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
  channels.forEach((samples, channel) => {
    for (let i = 0; i < samples.length; i++) {
      if (Number.isFinite(samples[i])) continue;
      if (nonFinite === 'error') {
        const place = `at sample ${i} of channel ${channel}`;
        throw new FileError(
          name,
          `has the value ${samples[i]} ${place}; export it again, or read it with nonFinite: 'zero'`,
        );
      }
      samples[i] = 0;
    }
  });
}
