import { check, FileError } from '@hourglass/core';
import { checkFinite, type DecodeSoundOptions } from './finite.js';
import { decodeImaAdpcm } from './ima-adpcm.js';
import { readSamples, writers, type WavBitDepth } from './pcm.js';
import { maxChannels, readWavLayout } from './riff.js';
import { checkWaveform, lengthOf, type Waveform } from './waveform.js';

/**
 * Reads a WAV file: PCM of 8 to 32 bits, floats of 32 and 64 bits, A-law, mu-law and IMA ADPCM, up to 64 channels; RIFF, RIFX and RF64.
 * Integers are divided by their full scale (32768 for 16 bits); floats are taken as they are. Of a truncated file the samples that are
 * there are read, of a streamed one (size 0 or 0xFFFFFFFF) all. Memory is bounded by the file's own bytes.
 *
 * @throws FileError when the bytes are no such file, have no samples, or hold NaN
 */
export function decodeWav(bytes: Uint8Array, options: DecodeSoundOptions = {}): Waveform {
  const { name = 'sound' } = options;
  if (bytes.length === 0) throw new FileError(name, 'is empty (0 bytes)');
  const layout = readWavLayout(bytes, name);
  const { coding, sampleRate } = layout;
  if (coding === 'ima-adpcm') {
    const decoded = decodeImaAdpcm(layout.data, layout.channels, layout.blockAlign);
    if (decoded[0]!.length === 0) throw new FileError(name, 'is a WAV file with zero samples');
    return { channels: decoded, sampleRate };
  }
  const channels = readSamples(layout);
  if (coding === 'float') checkFinite(channels, name, options.nonFinite ?? 'error');
  return { channels, sampleRate };
}

export interface EncodeWavOptions {
  /** Default '16'. */
  readonly bitDepth?: WavBitDepth;
}

/**
 * The bytes of a WAV file. Integers are rounded, and samples beyond full scale are clipped to it; floats are kept as they are. More than
 * two channels are written in the extensible format.
 *
 * @throws InvalidArgumentError for a waveform without samples, with NaN or with a fractional sample rate
 */
export function encodeWav(waveform: Waveform, options: EncodeWavOptions = {}): Uint8Array {
  const { bitDepth = '16' } = options;
  const { channels, sampleRate } = checkWaveform(waveform);
  check(
    Object.hasOwn(writers, bitDepth),
    `encodeWav: bitDepth must be one of ${bitDepths.join(', ')}, got '${bitDepth}'`,
  );
  const length = lengthOf(waveform);
  check(length > 0, 'encodeWav: a waveform without samples cannot be written');
  check(
    channels.length <= maxChannels,
    () => `encodeWav: ${channels.length} channels; at most ${maxChannels} are written`,
  );
  const { bytes: width, write } = writers[bitDepth];
  const frame = width * channels.length;
  check(
    Number.isInteger(sampleRate) && sampleRate * frame < 2 ** 32,
    `encodeWav: a WAV file needs a whole sample rate below ${Math.floor(2 ** 32 / frame)}, got ${sampleRate}`,
  );
  check(
    length * frame < 2 ** 32 - 128,
    () => `encodeWav: ${length} samples are more than a WAV file's 4 GiB hold; write it in parts`,
  );
  const header = headerOf(channels.length, sampleRate, length, width, bitDepth === '32f' || bitDepth === '64');
  // a chunk of odd size is followed by a byte
  const size = length * frame;
  const bytes = new Uint8Array(header.length + size + (size % 2));
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, bytes.length - 8, true);
  channels.forEach((samples, c) => {
    let at = header.length + c * width;
    for (let i = 0; i < length; i++, at += frame) {
      const value = samples[i]!;
      if (!Number.isFinite(value)) check(false, `encodeWav: sample ${i} of channel ${c} is ${value}`);
      write(view, at, value);
    }
  });
  return bytes;
}

const bitDepths: readonly WavBitDepth[] = ['8', '16', '24', '32', '32f', '64'];

/** Which loudspeakers so many channels are for: quadrophony, 5.1 and 7.1; of other numbers nothing is said. */
const speakers: Readonly<Record<number, number>> = { 4: 0x33, 6: 0x3f, 8: 0x63f };

/** What the extensible format has behind the two bytes of the old one's code. */
const guid = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/** Everything before the samples. */
function headerOf(channels: number, sampleRate: number, length: number, width: number, float: boolean): Uint8Array {
  const tag = float ? 3 : 1;
  const extensible = channels > 2;
  const format = extensible ? 40 : float ? 18 : 16;
  const frame = channels * width;
  const parts: number[] = [];
  const text = (letters: string): void => void parts.push(...Array.from(letters, (letter) => letter.charCodeAt(0)));
  const u16 = (value: number): void => void parts.push(value & 0xff, value >>> 8);
  const u32 = (value: number): void => [value % 2 ** 16, Math.floor(value / 2 ** 16)].forEach(u16);
  text('RIFF');
  u32(0);
  text('WAVEfmt ');
  u32(format);
  u16(extensible ? 0xfffe : tag);
  u16(channels);
  u32(sampleRate);
  u32(sampleRate * frame);
  u16(frame);
  u16(8 * width);
  if (format > 16) u16(format - 18);
  if (extensible) {
    u16(8 * width);
    u32(speakers[channels] ?? 0);
    u16(tag);
    parts.push(...guid);
  }
  if (float) {
    // what is no PCM says how many samples there are
    text('fact');
    u32(4);
    u32(length);
  }
  text('data');
  u32(length * frame);
  return Uint8Array.from(parts);
}
