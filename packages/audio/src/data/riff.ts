import { FileError } from '@hourglass/core';

/** One chunk of a RIFF file: its four letters and where its bytes lie. */
interface Chunk {
  readonly id: string;
  readonly start: number;
  /** What the header says; it may lie beyond the end of the file. */
  readonly size: number;
}

/** How the samples of a WAV file are stored. */
export type WavCoding = 'pcm' | 'float' | 'alaw' | 'mulaw' | 'ima-adpcm';

/** What a WAV file's headers say, checked. */
export interface WavLayout {
  readonly coding: WavCoding;
  readonly channels: number;
  readonly sampleRate: number;
  /** Bits of one stored sample, a multiple of 8; 4 for ADPCM. */
  readonly bits: number;
  /** Bytes of one frame: a sample of each channel; for ADPCM those of a block. */
  readonly blockAlign: number;
  readonly bigEndian: boolean;
  /** The data as far as the file has it: whole frames, for ADPCM bytes. */
  readonly data: Uint8Array;
}

/** More is taken for a damaged header. */
export const maxChannels = 64;

const codings: ReadonlyMap<number, WavCoding> = new Map([
  [1, 'pcm'],
  [3, 'float'],
  [6, 'alaw'],
  [7, 'mulaw'],
  [0x11, 'ima-adpcm'],
]);

/** Names of what is known and not read, for messages. */
const unread: ReadonlyMap<number, string> = new Map([
  [2, 'Microsoft ADPCM'],
  [0x31, 'GSM 6.10'],
  [0x50, 'MPEG audio'],
  [0x55, 'MP3'],
  [0x161, 'Windows Media Audio'],
]);

const widths: Readonly<Record<WavCoding, readonly number[]>> = {
  pcm: [8, 16, 24, 32],
  float: [32, 64],
  alaw: [8],
  mulaw: [8],
  'ima-adpcm': [4],
};

/**
 * Reads a WAV file's structure, distrusting every number in it. Sizes that lie (streamed files with 0 or 0xFFFFFFFF, truncated
 * ones) mean the rest of the file; chunks may come in any order, with or without their padding byte.
 * @throws FileError saying what is wrong with the file that `name` names
 */
export function readWavLayout(bytes: Uint8Array, name: string): WavLayout {
  const container = letters(bytes, 0);
  if (!['RIFF', 'RIFX', 'RF64', 'BW64'].includes(container) || letters(bytes, 8) !== 'WAVE')
    throw new FileError(name, `is no WAV file: it begins with ${quote(bytes)}, not with RIFF … WAVE`);
  const bigEndian = container === 'RIFX';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = readChunks(view, bigEndian);
  const format = chunks.get('fmt ');
  if (format === undefined) throw new FileError(name, 'is a WAV file without a format chunk (fmt); it is damaged');
  const data = chunks.get('data');
  if (data === undefined)
    throw new FileError(name, 'is a WAV file without samples: it has no data chunk; it is truncated or damaged');
  const layout = readFormat(view, format, bigEndian, name);
  const size = dataSize(view, data, chunks.get('ds64'), bytes);
  const whole = layout.coding === 'ima-adpcm' ? size : size - (size % layout.blockAlign);
  if (whole === 0) throw new FileError(name, 'is a WAV file with zero samples');
  return { ...layout, bigEndian, data: bytes.subarray(data.start, data.start + whole) };
}

/** The first chunk of each name. */
function readChunks(view: DataView, bigEndian: boolean): ReadonlyMap<string, Chunk> {
  const chunks = new Map<string, Chunk>();
  for (let at = 12; at + 8 <= view.byteLength;) {
    const id = letters(view, at);
    const size = view.getUint32(at + 4, !bigEndian);
    if (!chunks.has(id)) chunks.set(id, { id, start: at + 8, size });
    // what follows samples of unknown length is more samples
    if (id === 'data' && (size === 0xffffffff || (size === 0 && !isChunk(view, at + 8, bigEndian)))) break;
    const end = at + 8 + size;
    // some writers leave out the byte that pads an odd chunk
    const padded = size % 2 === 1 && !isKnown(letters(view, end));
    at = end + (padded ? 1 : 0);
  }
  return chunks;
}

type Format = Pick<WavLayout, 'coding' | 'channels' | 'sampleRate' | 'bits' | 'blockAlign'>;

function readFormat(view: DataView, { start, size }: Chunk, bigEndian: boolean, name: string): Format {
  const room = Math.min(size, view.byteLength - start);
  const damaged = (what: string): FileError => new FileError(name, `is a WAV file whose header is damaged: ${what}`);
  if (room < 16) throw damaged(`its format chunk has ${Math.max(0, room)} bytes, not 16 or more`);
  const u16 = (at: number): number => view.getUint16(start + at, !bigEndian);
  let tag = u16(0);
  // the extensible format has the code of the old one in the first two bytes of its GUID
  if (tag === 0xfffe) {
    if (room < 26) throw damaged('its extensible format is cut off');
    tag = u16(24);
  }
  const coding = codings.get(tag);
  if (coding === undefined) {
    const known = unread.get(tag);
    const what = known === undefined ? `coding 0x${tag.toString(16)}` : known;
    throw new FileError(
      name,
      `is a WAV file with ${what}, which is not read (PCM, float, A-law, mu-law and IMA ADPCM are); convert it`,
    );
  }
  const channels = u16(2);
  const sampleRate = view.getUint32(start + 4, !bigEndian);
  if (channels === 0) throw damaged('it has 0 channels');
  if (channels > maxChannels)
    throw new FileError(name, `is a WAV file of ${channels} channels; at most ${maxChannels} are read`);
  if (sampleRate === 0) throw damaged('its sample rate is 0');
  const blockAlign = u16(12);
  const bits = u16(14);
  if (coding === 'ima-adpcm') {
    if (bits !== 4) throw damaged(`IMA ADPCM has 4 bits a sample, not ${bits}`);
    const head = 4 * channels;
    if (blockAlign <= head || blockAlign % head !== 0)
      throw damaged(`blocks of ${blockAlign} bytes do not fit IMA ADPCM of ${channels} channels`);
    return { coding, channels, sampleRate, bits, blockAlign };
  }
  // samples of 12 or 20 bits stand in the upper bits of 2 or 3 bytes; some writers leave blockAlign 0
  const stored = blockAlign === 0 ? 8 * Math.ceil(bits / 8) : (8 * blockAlign) / channels;
  if (!widths[coding].includes(stored) || bits === 0 || bits > stored || (coding === 'float' && bits !== stored))
    throw damaged(
      `${bits} bits a sample in frames of ${blockAlign} bytes do not fit ${channels} channels of ${coding}`,
    );
  return { coding, channels, sampleRate, bits: stored, blockAlign: (channels * stored) / 8 };
}

/** Bytes of samples that are there. */
function dataSize(view: DataView, data: Chunk, ds64: Chunk | undefined, bytes: Uint8Array): number {
  const rest = bytes.length - data.start;
  if (data.size === 0xffffffff) {
    // RF64 keeps sizes beyond 32 bits apart
    if (ds64 === undefined || ds64.size < 16 || ds64.start + 16 > bytes.length) return rest;
    return Number(bigMin(view.getBigUint64(ds64.start + 8, true), BigInt(rest)));
  }
  if (data.size === 0 && !isChunk(view, data.start, letters(bytes, 0) === 'RIFX')) return rest;
  return Math.min(data.size, rest);
}

function bigMin(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Whether a chunk begins here that ends within the file: after a data chunk of size 0 that means no samples. */
function isChunk(view: DataView, at: number, bigEndian: boolean): boolean {
  if (at + 8 > view.byteLength) return false;
  return /^[ -~]{4}$/.test(letters(view, at)) && at + 8 + view.getUint32(at + 4, !bigEndian) <= view.byteLength;
}

function isKnown(id: string): boolean {
  return ['fmt ', 'data', 'fact', 'LIST', 'cue ', 'smpl', 'bext', 'iXML', 'id3 ', 'PEAK', 'JUNK', 'junk'].includes(id);
}

function letters(bytes: Uint8Array | DataView, at: number): string {
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return String.fromCharCode(...view.subarray(at, at + 4));
}

function quote(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 12)).replaceAll(/[^ -~]/g, '.');
  return `'${start}'`;
}
