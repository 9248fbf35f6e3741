import { encode } from 'fast-png';
import { writeAtomically } from '@hourglass/core/node';
import type { Waveform } from '../data/waveform.js';
import { spectrogramPicture, type SpectrogramPictureOptions } from '../pictures/index.js';

/** Writes {@link spectrogramPicture} as PNG, whole or not at all; makes the folder. */
export async function writeSpectrogram(
  path: string,
  waveforms: Waveform | readonly Waveform[],
  options: SpectrogramPictureOptions = {},
): Promise<void> {
  const list = 'channels' in waveforms ? [waveforms] : waveforms;
  await writeAtomically(path, encode(await spectrogramPicture(list, options)));
}
