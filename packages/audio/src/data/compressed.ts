import { FileError } from '@hourglass/core';
import { afterTag, isMpegFrame } from './mpeg.js';
import { checkFinite, type DecodeSoundOptions } from './finite.js';
import type { Waveform } from './waveform.js';

export type CompressedFormat = 'flac' | 'mp3' | 'vorbis' | 'opus';

/** What the decoders of the wasm-audio-decoders family give. */
interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
  readonly bitDepth?: number;
  readonly errors: readonly { readonly message: string }[];
}

interface Decoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>;
  flush?(): Promise<Decoded>;
  free(): void;
}

const decoders: Readonly<Record<CompressedFormat, () => Promise<Decoder>>> = {
  flac: async () => new (await import('@wasm-audio-decoders/flac')).FLACDecoder(),
  vorbis: async () => new (await import('@wasm-audio-decoders/ogg-vorbis')).OggVorbisDecoder(),
  opus: async () => new (await import('ogg-opus-decoder')).OggOpusDecoder(),
  mp3: async () => stoppingAtErrors(new (await import('mpg123-decoder')).MPEGDecoder()),
};

const titles: Readonly<Record<CompressedFormat, string>> = {
  flac: 'FLAC',
  mp3: 'MP3',
  vorbis: 'Ogg Vorbis',
  opus: 'Ogg Opus',
};

/** Bytes that are decoded at once: a few bytes can stand for megabytes of silence, and memory is looked at in between. */
const piece = 4096;
/** More samples are not taken into memory: 2 GiB. */
const mostSamples = 2 ** 29;

/**
 * Decodes FLAC, MP3, Vorbis or Opus by a decoder in WebAssembly.
 * @throws FileError when the file is damaged or holds no sound
 */
export async function decodeCompressed(
  bytes: Uint8Array,
  format: CompressedFormat,
  options: DecodeSoundOptions & { readonly name: string },
): Promise<Waveform> {
  const { name, nonFinite = 'error' } = options;
  const parts: Decoded[] = [];
  let decoder: Decoder | null = null;
  try {
    decoder = await decoders[format]();
    await decoder.ready;
    let samples = 0;
    const take = (decoded: Decoded): void => {
      const [problem] = decoded.errors;
      if (problem !== undefined) throw new Error(problem.message);
      samples += decoded.channelData.reduce((sum, channel) => sum + channel.length, 0);
      if (samples > mostSamples) throw new Error(`more than ${mostSamples} samples; cut it into parts`);
      if (decoded.channelData.some((channel) => channel.length > 0)) parts.push(decoded);
    };
    // not all decoders look past a tag
    for (let at = afterTag(bytes); at < bytes.length; at += piece)
      take(await decoder.decode(bytes.slice(at, at + piece)));
    if (decoder.flush !== undefined) take(await decoder.flush());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const why = `cannot be decoded as ${titles[format]}, it is truncated or damaged (${reason}); copy or export it again`;
    throw new FileError(name, why, { cause: error });
  } finally {
    free(decoder);
  }
  const waveform = joined(parts, name, titles[format]);
  const bits = parts[0]!.bitDepth;
  if (format === 'flac' && bits !== undefined) toFullScale(waveform.channels, bits);
  checkFinite(waveform.channels, name, nonFinite);
  // this decoder makes two channels of one
  return format === 'mp3' && isMono(bytes) ? { ...waveform, channels: waveform.channels.slice(0, 1) } : waveform;
}

function joined(parts: readonly Decoded[], name: string, title: string): Waveform {
  const [first] = parts;
  if (first === undefined) throw new FileError(name, `holds no sound that can be decoded as ${title}`);
  const { sampleRate } = first;
  const count = first.channelData.length;
  if (parts.some((part) => part.sampleRate !== sampleRate || part.channelData.length !== count))
    throw new FileError(name, `changes its sample rate or channels on the way; cut it into parts`);
  const length = parts.reduce((sum, { channelData }) => sum + channelData[0]!.length, 0);
  const channels = Array.from({ length: count }, (_, c) => {
    const samples = new Float32Array(length);
    let at = 0;
    for (const { channelData } of parts) {
      const channel = channelData[c]!.subarray(0, channelData[0]!.length);
      samples.set(channel, at);
      at += channelData[0]!.length;
    }
    return samples;
  });
  return { channels, sampleRate };
}

/**
 * The FLAC decoder divides by the largest sample and not, as all else here, by full scale (32768 for 16 bits). The samples are made whole
 * again, so that the same sound in WAV and in FLAC is the same; the very lowest one is lost there.
 */
function toFullScale(channels: readonly Float32Array[], bits: number): void {
  const scale = 2 ** (bits - 1);
  for (const channel of channels) {
    for (let i = 0; i < channel.length; i++) channel[i] = Math.round(channel[i]! * (scale - 1)) / scale;
  }
}

/**
 * mpg123's wrapper reads on after an error, for ever if the error stays. It asks itself for the error's text first, and there it is
 * stopped; should a later version not do so any more, this has no effect.
 */
function stoppingAtErrors(decoder: Decoder): Decoder {
  return Object.assign(decoder, {
    _getErrorMessage(code: number): never {
      throw new Error(`mpg123 error ${code}`);
    },
  });
}

function free(decoder: Decoder | null): void {
  try {
    decoder?.free();
  } catch {
    // a decoder that broke down half-way may not be able to clean up; its memory goes with it
  }
}

/** Whether the first frame of an MP3 file says that it has one channel. */
function isMono(bytes: Uint8Array): boolean {
  let at = afterTag(bytes);
  while (at + 4 <= bytes.length && !isMpegFrame(bytes, at)) at++;
  return at + 4 <= bytes.length && bytes[at + 3]! >> 6 === 3;
}
