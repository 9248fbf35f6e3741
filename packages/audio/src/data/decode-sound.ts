import { decodeWav, type DecodeSoundOptions } from './wav.js';
import type { Waveform } from './waveform.js';

/**
 * Reads a sound file of any format that is known, by its first bytes and not by its name.
 * @throws FileError when the bytes are damaged or in no such format
 */
export async function decodeSound(bytes: Uint8Array, options: DecodeSoundOptions = {}): Promise<Waveform> {
  return decodeWav(bytes, options);
}
