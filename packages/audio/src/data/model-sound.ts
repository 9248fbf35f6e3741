import { check } from '@hourglass/core';
import { firstNonFinite } from './finite.js';
import { checkWaveform, toMono, type Waveform } from './waveform.js';

/** The sound that a model takes. */
export interface SoundFormat {
  /** Hertz. */
  readonly sampleRate: number;
  readonly channels: number;
}

/**
 * A waveform as a model takes it: several channels become one by their mean, one becomes several by copying.
 *
 * @throws InvalidArgumentError for another sample rate, numbers of channels that cannot be made of each other, or samples that are NaN or
 * infinite
 */
export function modelSound(waveform: Waveform, { sampleRate, channels }: SoundFormat): Waveform {
  checkWaveform(waveform);
  check(
    waveform.sampleRate === sampleRate,
    () => `the sound has ${waveform.sampleRate} samples a second, the model takes ${sampleRate}; resample it first`,
  );
  const odd = firstNonFinite(waveform.channels);
  check(
    odd === null,
    () => `the sound has the value ${odd}, of which a model makes nothing but more of it; put 0 there`,
  );
  const has = waveform.channels.length;
  if (has === channels) return waveform;
  if (channels === 1) return toMono(waveform);
  check(
    has === 1,
    () => `the sound has ${has} channels, the model takes ${channels}; mix it down to ${channels}, or to one`,
  );
  return { channels: Array.from({ length: channels }, () => waveform.channels[0]!), sampleRate };
}
