import { FileError } from '@hourglass/core';
import { decodeCompressed, type CompressedFormat } from './compressed.js';
import type { DecodeSoundOptions } from './finite.js';
import { afterTag, isMpegFrame } from './mpeg.js';
import { decodeWav } from './wav.js';
import type { Waveform } from './waveform.js';

/**
 * Reads a sound file by its first bytes, not by its name: WAV, FLAC, MP3, Ogg Vorbis and Ogg Opus. The decoders of compressed formats are
 * loaded when they are needed first.
 *
 * @throws FileError when the bytes are damaged, hold no sound, or are in another format
 */
export async function decodeSound(bytes: Uint8Array, options: DecodeSoundOptions = {}): Promise<Waveform> {
  const { name = 'sound' } = options;
  if (bytes.length === 0) throw new FileError(name, 'is empty (0 bytes)');
  const format = formatOf(bytes);
  if (format === 'wav') return decodeWav(bytes, options);
  if (format === null) throw new FileError(name, `is no sound file in a known format; ${aboutOthers(bytes)}`);
  return decodeCompressed(bytes, format, { ...options, name });
}

function formatOf(bytes: Uint8Array): 'wav' | CompressedFormat | null {
  const start = letters(bytes, 0, 4);
  if (['RIFF', 'RIFX', 'RF64', 'BW64'].includes(start)) return 'wav';
  const at = afterTag(bytes);
  if (letters(bytes, at, 4) === 'fLaC') return 'flac';
  if (start === 'OggS') {
    const first = letters(bytes, 27, 280);
    if (first.includes('OpusHead')) return 'opus';
    if (first.includes('\u{1}vorbis')) return 'vorbis';
    return first.includes('\u{7f}FLAC') ? 'flac' : null;
  }
  return at > 0 || isMpegFrame(bytes, 0) ? 'mp3' : null;
}

const others: readonly (readonly [start: RegExp, name: string])[] = [
  [/^FORM/, 'AIFF'],
  [/^caff/, 'CAF'],
  [/^.{4}ftyp/s, 'MP4 (AAC)'],
  [/^.E\xdf\xa3/s, 'WebM or Matroska'],
  [/^0&\xb2u/, 'Windows Media'],
  [/^#!AMR/, 'AMR'],
  [/^riff\x2e/, 'Wave64'],
];

function aboutOthers(bytes: Uint8Array): string {
  const start = letters(bytes, 0, 12);
  const [, other] = others.find(([pattern]) => pattern.test(start)) ?? [];
  if (other !== undefined) return `it is ${other}: convert it to WAV or FLAC`;
  return `it begins with '${start.replaceAll(/[^ -~]/g, '.')}'; WAV, FLAC, MP3, Ogg Vorbis and Opus are read`;
}

function letters(bytes: Uint8Array, at: number, count: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + count));
}
