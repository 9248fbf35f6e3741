import { check } from '@hourglass/core';
import { bitsPerCode, packedBytes } from './bits.js';
import { crc32 } from './checksums.js';
import { BitstreamError } from './errors.js';

/** What a stream of codes says of itself before the first code. */
export interface BitstreamHeader {
  /** `model_type` of the codec, for people: at most 64 bytes of UTF-8. */
  readonly model: string;
  /** 16 hexadecimal digits that tell the codec's configuration and weights from every other's. */
  readonly fingerprint: string;
  /** Hertz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples a frame; the frame rate is sampleRate / hopLength. */
  readonly hopLength: number;
  /** Codes a frame. */
  readonly codebooks: number;
  /** Codes lie in [0, codebookSize). */
  readonly codebookSize: number;
  /** Samples of a channel; null where the writer could not know, as it wrote while the sound came in. */
  readonly samples: number | null;
  /** Most frames in a block. */
  readonly framesPerBlock: number;
  /** Where the sound was cut into pieces that were coded each for itself: their length and their distance, in samples. */
  readonly chunks: { readonly length: number; readonly stride: number } | null;
  /** Whether each chunk has a factor that its decoded sound is multiplied with. */
  readonly scaled: boolean;
}

/** Of the format that this release writes, and the only one that it reads. */
export const bitstreamVersion = 1;

const magic = Uint8Array.of(0x48, 0x47, 0x43, 0x1a);
/** Everything before the model's name. */
const fixedBytes = 53;
/** A header is never longer, which bounds what a reader waits for. */
const longest = fixedBytes + 64 + 4;
const unknownSamples = 0xffffffffffffffffn;
const isScaled = 1;
const isChunked = 2;

/** Bits of a second of sound, without framing: codebooks × ceil(log2(codebookSize)) × sampleRate / hopLength. */
export function bitRate({ sampleRate, hopLength, codebooks, codebookSize }: BitstreamHeader): number {
  return (codebooks * bitsPerCode(codebookSize) * sampleRate) / hopLength;
}

/** Largest payload of a block, in bytes: bounds what a reader keeps. */
export const mostBlockBytes = 2 ** 20;

/** @throws InvalidArgumentError for a header that no stream can have */
export function checkHeader(header: BitstreamHeader): void {
  const problem = problemOf(header);
  check(problem === null, () => `a stream of codes cannot have ${problem}`);
}

export function encodeHeader(header: BitstreamHeader): Uint8Array {
  checkHeader(header);
  const name = new TextEncoder().encode(header.model);
  const bytes = new Uint8Array(fixedBytes + name.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint8(4, bitstreamVersion);
  view.setUint8(5, (header.scaled ? isScaled : 0) | (header.chunks === null ? 0 : isChunked));
  view.setUint16(6, bytes.length, true);
  view.setBigUint64(8, BigInt(`0x${header.fingerprint}`), false);
  view.setUint32(16, header.sampleRate, true);
  view.setUint32(20, header.hopLength, true);
  view.setUint16(24, header.channels, true);
  view.setUint16(26, header.codebooks, true);
  view.setUint32(28, header.codebookSize, true);
  view.setUint32(32, header.framesPerBlock, true);
  view.setBigUint64(36, header.samples === null ? unknownSamples : BigInt(header.samples), true);
  view.setUint32(44, header.chunks?.length ?? 0, true);
  view.setUint32(48, header.chunks?.stride ?? 0, true);
  view.setUint8(52, name.length);
  bytes.set(name, fixedBytes);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

/**
 * Reads a header from the beginning of a stream.
 *
 * @returns the header and its length in bytes, or null where more bytes are needed
 * @throws BitstreamError for bytes that begin no stream of codes of this version, or a damaged one
 */
export function decodeHeader(bytes: Uint8Array): { readonly header: BitstreamHeader; readonly length: number } | null {
  for (let i = 0; i < Math.min(bytes.length, magic.length); i++) {
    if (bytes[i] !== magic[i]) throw new BitstreamError('this is no .hgc stream: it does not begin with HGC', null);
  }
  if (bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(4);
  if (version !== bitstreamVersion) {
    throw new BitstreamError(
      `the stream has version ${version}, this release reads ${bitstreamVersion}: it is newer, or damaged`,
      null,
    );
  }
  const length = view.getUint16(6, true);
  const damaged = (what: string): BitstreamError =>
    new BitstreamError(`the header is damaged: ${what}; copy the file again`, null);
  if (length < fixedBytes + 4 || length > longest) throw damaged(`it cannot be ${length} bytes long`);
  if (bytes.length < length) return null;
  if (crc32(bytes.subarray(0, length - 4)) !== view.getUint32(length - 4, true)) throw damaged('its checksum is wrong');
  const nameLength = view.getUint8(52);
  if (nameLength !== length - fixedBytes - 4) throw damaged(`a name of ${nameLength} bytes does not fit`);
  const flags = view.getUint8(5);
  if (flags > 3) throw damaged(`unknown flags ${flags}`);
  const samples = view.getBigUint64(36, true);
  const header: BitstreamHeader = {
    model: new TextDecoder().decode(bytes.subarray(fixedBytes, fixedBytes + nameLength)),
    fingerprint: view.getBigUint64(8, false).toString(16).padStart(16, '0'),
    sampleRate: view.getUint32(16, true),
    hopLength: view.getUint32(20, true),
    channels: view.getUint16(24, true),
    codebooks: view.getUint16(26, true),
    codebookSize: view.getUint32(28, true),
    framesPerBlock: view.getUint32(32, true),
    samples: samples === unknownSamples ? null : Number(samples),
    chunks: flags & isChunked ? { length: view.getUint32(44, true), stride: view.getUint32(48, true) } : null,
    scaled: (flags & isScaled) !== 0,
  };
  const problem = problemOf(header);
  if (problem !== null) throw new BitstreamError(`the header is wrong: a stream cannot have ${problem}`, null);
  return { header, length };
}

function problemOf(header: BitstreamHeader): string | null {
  const { fingerprint, sampleRate, hopLength, channels, codebooks, codebookSize, framesPerBlock } = header;
  const bounds: ReadonlyArray<readonly [string, number, number, number]> = [
    ['sample rate', sampleRate, 1, 2 ** 31],
    ['hop length', hopLength, 1, 2 ** 24],
    ['number of channels', channels, 1, 1024],
    ['number of codebooks', codebooks, 1, 1024],
    ['codebook size', codebookSize, 2, 2 ** 24],
    ['number of frames a block', framesPerBlock, 1, 2 ** 15 - 1],
    ['number of samples', header.samples ?? 0, 0, 2 ** 53 - 1],
    ['chunk length', header.chunks?.length ?? 1, 1, 2 ** 32 - 1],
    ['chunk distance', header.chunks?.stride ?? 1, 1, header.chunks?.length ?? 1],
    ['length of the model name', new TextEncoder().encode(header.model).length, 0, 64],
  ];
  for (const [what, value, low, high] of bounds) {
    if (!Number.isInteger(value) || value < low || value > high) {
      return `the ${what} ${value}: whole numbers from ${low} to ${high} are possible`;
    }
  }
  if (!/^[0-9a-f]{16}$/.test(fingerprint)) return `the fingerprint '${fingerprint}': it has 16 hexadecimal digits`;
  const bytes = packedBytes(framesPerBlock * codebooks, bitsPerCode(codebookSize));
  if (bytes > mostBlockBytes) return `blocks of ${bytes} bytes: ${mostBlockBytes} are possible`;
  return null;
}
