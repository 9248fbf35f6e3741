import { check, FileError } from '@hourglass/core';
import * as wavefile from 'wavefile';
import { checkFinite, type DecodeSoundOptions } from './finite.js';
import { decodeImaAdpcm } from './ima-adpcm.js';
import { maxChannels, readWavLayout, type WavLayout } from './riff.js';
import { checkWaveform, lengthOf, type Waveform } from './waveform.js';

// CommonJS in Node, a module with named exports in a browser's bundle; bundlers warn where a name is asked for that is not there
const found: { readonly [name: string]: unknown } = wavefile;
const { WaveFile } = (found['default'] ?? wavefile) as typeof wavefile;

/** Integers of 8 to 32 bits, floats of 32 or 64. */
export type WavBitDepth = '8' | '16' | '24' | '32' | '32f' | '64';

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
  const { coding, channels, sampleRate, blockAlign, data } = layout;
  if (coding === 'ima-adpcm') {
    const decoded = decodeImaAdpcm(data, channels, blockAlign);
    if (decoded[0]!.length === 0) throw new FileError(name, 'is a WAV file with zero samples');
    return { channels: decoded, sampleRate };
  }
  const frames = data.length / blockAlign;
  const result = Array.from({ length: channels }, () => new Float32Array(frames));
  // in parts: the library's arrays take several times the bytes of the file
  const part = Math.max(1, Math.floor(2 ** 20 / blockAlign));
  for (let start = 0; start < frames; start += part) {
    const samples = decodePart(layout, data.subarray(start * blockAlign, (start + part) * blockAlign));
    for (let i = 0; i < samples.length; i++) result[i % channels]![start + Math.floor(i / channels)] = samples[i]!;
  }
  if (coding === 'float') checkFinite(result, name, options.nonFinite ?? 'error');
  return { channels: result, sampleRate };
}

/** Interleaved samples of whole frames. The library gets a header of ours: it follows sizes wherever they lead. */
function decodePart({ coding, bits, bigEndian }: WavLayout, data: Uint8Array): Float32Array {
  const header = new Uint8Array(44 + data.length);
  const view = new DataView(header.buffer);
  const little = !bigEndian;
  header.set(ascii(bigEndian ? 'RIFX' : 'RIFF'), 0);
  view.setUint32(4, 36 + data.length, little);
  header.set(ascii('WAVEfmt '), 8);
  view.setUint32(16, 16, little);
  view.setUint16(20, { pcm: 1, float: 3, alaw: 6, mulaw: 7, 'ima-adpcm': 0x11 }[coding], little);
  view.setUint16(22, 1, little);
  view.setUint32(24, 8000, little);
  view.setUint32(28, (8000 * bits) / 8, little);
  view.setUint16(32, bits / 8, little);
  view.setUint16(34, bits, little);
  header.set(ascii('data'), 36);
  view.setUint32(40, data.length, little);
  header.set(data, 44);
  const file = new WaveFile(header);
  if (coding === 'alaw') file.fromALaw();
  if (coding === 'mulaw') file.fromMuLaw();
  const samples = file.getSamples(true, Float32Array) as unknown as Float32Array;
  if (coding === 'float') return samples;
  if (coding === 'pcm' && bits === 8) return samples.map((value) => (value - 128) / 128);
  const scale = 2 ** ((coding === 'pcm' ? bits : 16) - 1);
  return samples.map((value) => value / scale);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export interface EncodeWavOptions {
  /** Default '16'. */
  readonly bitDepth?: WavBitDepth;
}

const depths = ['8', '16', '24', '32', '32f', '64'];

/**
 * The bytes of a WAV file. Integers are rounded, and samples beyond full scale are clipped to it; floats are kept as they are. More than
 * two channels are written in the extensible format.
 *
 * @throws InvalidArgumentError for a waveform without samples, with NaN or with a fractional sample rate
 */
export function encodeWav(waveform: Waveform, options: EncodeWavOptions = {}): Uint8Array {
  const { bitDepth = '16' } = options;
  const { channels, sampleRate } = checkWaveform(waveform);
  check(depths.includes(bitDepth), `encodeWav: bitDepth must be one of ${depths.join(', ')}, got '${bitDepth}'`);
  check(lengthOf(waveform) > 0, 'encodeWav: a waveform without samples cannot be written');
  check(
    channels.length <= maxChannels,
    () => `encodeWav: ${channels.length} channels; at most ${maxChannels} are written`,
  );
  const bytesASample = bitDepth === '32f' ? 4 : Number(bitDepth) / 8;
  const bytes = bytesASample * channels.length;
  check(
    Number.isInteger(sampleRate) && sampleRate * bytes < 2 ** 32,
    `encodeWav: a WAV file needs a whole sample rate below ${Math.floor(2 ** 32 / bytes)}, got ${sampleRate}`,
  );
  check(
    lengthOf(waveform) * bytes < 2 ** 32 - 128,
    () => `encodeWav: ${lengthOf(waveform)} samples are more than a WAV file's 4 GiB hold; write it in parts`,
  );
  const samples = new Float64Array(lengthOf(waveform) * channels.length);
  channels.forEach((channel, c) => {
    for (let i = 0; i < channel.length; i++) {
      const value = channel[i]!;
      check(Number.isFinite(value), () => `encodeWav: sample ${i} of channel ${c} is ${value}`);
      samples[i * channels.length + c] = stored(value, bitDepth);
    }
  });
  const file = new WaveFile();
  file.fromScratch(channels.length, sampleRate, bitDepth, samples);
  // the library's extensible header says integers whatever the samples are
  const { subformat } = file.fmt as { subformat: number[] };
  if (subformat.length > 0) subformat[0] = bitDepth === '32f' || bitDepth === '64' ? 3 : 1;
  return padded(file.toBuffer());
}

/** Chunks of odd size are followed by a byte, which the library leaves out. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const even = new Uint8Array(bytes.length + 1);
  even.set(bytes);
  new DataView(even.buffer).setUint32(4, even.length - 8, true);
  return even;
}

function stored(value: number, bitDepth: WavBitDepth): number {
  if (bitDepth === '32f' || bitDepth === '64') return value;
  const scale = 2 ** (Number(bitDepth) - 1);
  const rounded = Math.max(-scale, Math.min(scale - 1, Math.round(value * scale)));
  return bitDepth === '8' ? rounded + 128 : rounded;
}
