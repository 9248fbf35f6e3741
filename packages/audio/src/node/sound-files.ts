import { extname, join } from 'node:path';
import { InvalidArgumentError } from '@hourglass/core';
import { isFolder, listFolder, readBytes, writeAtomically } from '@hourglass/core/node';
import { decodeSound } from '../data/decode-sound.js';
import type { DecodeSoundOptions } from '../data/finite.js';
import { encodeWav, type EncodeWavOptions } from '../data/wav.js';
import type { Waveform } from '../data/waveform.js';

/**
 * Reads a sound file: what {@link decodeSound} knows.
 * @throws FileError naming the file when it is missing, empty, damaged or no sound
 */
export async function readSound(path: string, options: DecodeSoundOptions = {}): Promise<Waveform> {
  return decodeSound(await readBytes(path), { name: path, ...options });
}

/**
 * Writes a WAV file, whole or not at all; makes the folder.
 * @throws InvalidArgumentError for another extension, or what {@link encodeWav} refuses
 */
export async function writeSound(path: string, waveform: Waveform, options: EncodeWavOptions = {}): Promise<void> {
  if (!/^\.wave?$/i.test(extname(path)))
    throw new InvalidArgumentError(`${path}: sound is written as WAV; give it a name that ends in .wav`);
  await writeAtomically(path, encodeWav(waveform, options));
}

const extensions = new Set('.wav .wave .flac .mp3 .ogg .oga .opus'.split(' '));

/** True for the extensions that sound files have, in any case. */
export function isSound(name: string): boolean {
  return !name.startsWith('.') && extensions.has(extname(name).toLowerCase());
}

/** Sound files of a folder and the folders below it: paths relative to it with '/', sorted. */
export async function listSounds(folder: string, below = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await listFolder(join(folder, below))) {
    if (entry.name.startsWith('.')) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(folder, path)))))
      found.push(...(await listSounds(folder, path)));
    else if (isSound(entry.name)) found.push(path);
  }
  return found.sort();
}
