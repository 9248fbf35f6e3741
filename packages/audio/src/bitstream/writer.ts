import { check } from '@hourglass/core';
import { bitsPerCode, packCodes, packedBytes } from './bits.js';
import { chunkBit, endBytes, headBytes, numberBytes, tailBytes } from './block.js';
import { crc32, crc8 } from './checksums.js';
import { checkHeader, encodeHeader, mostBlockBytes, type BitstreamHeader } from './header.js';

/** A header whose block size may be left out: blocks of about two seconds then. */
export type BitstreamWriterHeader = Omit<BitstreamHeader, 'framesPerBlock'> & { readonly framesPerBlock?: number };

/** Begins a chunk with the frames that are written next. */
export interface ChunkStart {
  /** What the decoded chunk is multiplied with, where the stream has such factors. Kept as float32. */
  readonly scale?: number;
}

/**
 * Writes codes as an .hgc stream while they come: every call returns the bytes that are complete by then. Of the format see
 * docs/packages/audio-bitstream.md.
 */
export class BitstreamWriter {
  readonly header: BitstreamHeader;
  readonly #bits: number;
  #held: number[] = [];
  #started = false;
  #finished = false;
  #beginsChunk = true;
  #scale: number | null = null;
  #blocks = 0;
  #frames = 0;

  /** @throws InvalidArgumentError for a header that no stream can have */
  constructor(header: BitstreamWriterHeader) {
    this.header = { ...header, framesPerBlock: header.framesPerBlock ?? usualFrames(header) };
    checkHeader(this.header);
    this.#bits = bitsPerCode(header.codebookSize);
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#frames + this.#held.length / this.header.codebooks;
  }

  /**
   * Takes the codes of frames, those of a frame beside each other.
   *
   * @param codes [frames × codebooks]
   * @param chunk given when the first of these frames begins a chunk; the first frame of the stream always does
   * @returns the header before the first, and the blocks that are full
   * @throws InvalidArgumentError for codes outside the codebooks, frames that are not whole, a factor that is missing or not finite
   */
  write(codes: ArrayLike<number>, chunk?: ChunkStart): Uint8Array {
    check(!this.#finished, 'the stream is finished already');
    const { codebooks, codebookSize, framesPerBlock, scaled } = this.header;
    check(codes.length % codebooks === 0, () => `${codes.length} codes are no whole frames of ${codebooks}`);
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      check(
        Number.isInteger(code) && code >= 0 && code < codebookSize,
        () =>
          `code ${code} of frame ${this.frames + Math.floor(i / codebooks)} is not in a codebook of ${codebookSize}`,
      );
    }
    const parts = this.#begin();
    if (chunk !== undefined || (this.frames === 0 && this.#scale === null)) {
      const scale = chunk?.scale ?? null;
      check(scaled ? scale !== null && Number.isFinite(scale) : scale === null, () =>
        scaled ? `a chunk of this stream needs a finite scale, got ${scale}` : 'this stream has no scales',
      );
      if (this.#held.length > 0) parts.push(this.#block());
      this.#beginsChunk = true;
      this.#scale = scale;
    }
    const full = framesPerBlock * codebooks;
    for (let i = 0; i < codes.length; i++) {
      this.#held.push(codes[i]!);
      if (this.#held.length === full) parts.push(this.#block());
    }
    return joined(parts);
  }

  /** Ends the present block early, so that a receiver has all frames so far; costs {@link blockOverhead} bytes. */
  flush(): Uint8Array {
    const parts = this.#begin();
    if (this.#held.length > 0) parts.push(this.#block());
    return joined(parts);
  }

  /**
   * Ends the stream.
   *
   * @param samples of a channel; default what the header says
   * @throws InvalidArgumentError when they are not known, more than the frames hold, or not what the header says
   */
  finish(samples: number | null = this.header.samples): Uint8Array {
    check(!this.#finished, 'the stream is finished already');
    const most = this.frames * this.header.hopLength;
    check(
      samples !== null && Number.isInteger(samples) && samples >= 0 && samples <= most,
      () => `${this.frames} frames of ${this.header.hopLength} samples cannot stand for ${samples} samples`,
    );
    check(
      this.header.samples === null || samples === this.header.samples,
      () => `the header promised ${this.header.samples} samples, there are ${samples}`,
    );
    const parts = [this.flush()];
    const bytes = new Uint8Array(endBytes);
    const view = new DataView(bytes.buffer);
    bytes[2] = crc8(bytes.subarray(0, 2));
    view.setBigUint64(headBytes, BigInt(samples), true);
    this.#seal(bytes);
    this.#finished = true;
    parts.push(bytes);
    return joined(parts);
  }

  #begin(): Uint8Array[] {
    if (this.#started) return [];
    this.#started = true;
    return [encodeHeader(this.header)];
  }

  /** The frames held, as a block. */
  #block(): Uint8Array {
    const codes = this.#held;
    const frames = codes.length / this.header.codebooks;
    this.#held = [];
    const scale = this.#beginsChunk && this.header.scaled ? this.#scale : null;
    const at = headBytes + (scale === null ? 0 : 4);
    const bytes = new Uint8Array(at + packedBytes(codes.length, this.#bits) + tailBytes);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, frames | (this.#beginsChunk ? chunkBit : 0), true);
    bytes[2] = crc8(bytes.subarray(0, 2));
    if (scale !== null) view.setFloat32(headBytes, scale, true);
    packCodes(codes, this.#bits, bytes, at);
    this.#seal(bytes);
    this.#beginsChunk = false;
    this.#frames += frames;
    return bytes;
  }

  #seal(bytes: Uint8Array): void {
    const crc = crc32(bytes.subarray(0, -tailBytes), crc32(numberBytes(this.#blocks++)));
    new DataView(bytes.buffer).setUint32(bytes.length - tailBytes, crc, true);
  }
}

/** Bytes of a block besides its codes, without the four of a chunk's scale. */
export const blockOverhead = headBytes + tailBytes;

/** About two seconds: framing then is 28 bits a second. A multiple of 8, so that no bits are lost to filling up bytes. */
function usualFrames({ sampleRate, hopLength, codebooks, codebookSize }: BitstreamWriterHeader): number {
  const frames = Math.ceil((2 * sampleRate) / hopLength / 8) * 8;
  const most = Math.floor((mostBlockBytes * 8) / (codebooks * bitsPerCode(codebookSize)));
  return Math.max(1, Math.min(frames, most, 2 ** 15 - 8));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
