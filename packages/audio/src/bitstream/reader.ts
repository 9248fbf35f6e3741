import { check } from '@hourglass/core';
import { bitsPerCode, packedBytes, unpackCodes } from './bits.js';
import { chunkBit, endBytes, headBytes, numberBytes, tailBytes, type CodeBlock } from './block.js';
import { crc32, crc8 } from './checksums.js';
import { BitstreamError } from './errors.js';
import { decodeHeader, type BitstreamHeader } from './header.js';

/** How a stream ended. */
export interface BitstreamEnd {
  /** Whether its last block was there. Otherwise it was cut, and the blocks so far are all that can be had. */
  readonly complete: boolean;
  /** Frames read. */
  readonly frames: number;
  /** Samples of a channel that the frames read stand for, as far as is known. */
  readonly samples: number;
  /** Says where a stream was cut; null where it is complete. */
  readonly problem: string | null;
}

/**
 * Reads an .hgc stream while it comes: every call takes some bytes and returns the blocks that are complete by then. At no time it
 * keeps more than one block (of at most 1 MiB) and the bytes just given.
 */
export class BitstreamReader {
  #header: BitstreamHeader | null = null;
  /** Bytes that wait for more; the buffer has room, so that single bytes do not copy it each time. */
  #buffer: Uint8Array = new Uint8Array(256);
  #held = 0;
  #blocks = 0;
  #frames = 0;
  #samples: number | null = null;

  /** Null until its bytes were read. */
  get header(): BitstreamHeader | null {
    return this.#header;
  }

  /** Whether the block that ends the stream was read. */
  get isComplete(): boolean {
    return this.#samples !== null;
  }

  /**
   * @param bytes the next ones of the stream, as many as there are
   * @param blocks a list to add to; it holds the blocks before a damaged one also when this throws
   * @throws BitstreamError when they are damaged: it says which block
   */
  push(bytes: Uint8Array, blocks: CodeBlock[] = []): CodeBlock[] {
    this.#hold(bytes);
    let at = 0;
    if (this.#header === null) {
      const found = decodeHeader(this.#buffer.subarray(0, this.#held));
      if (found === null) return blocks;
      this.#header = found.header;
      at = found.length;
    }
    while (at < this.#held) {
      const length = this.#block(this.#buffer.subarray(at, this.#held), this.#header, blocks);
      if (length === null) break;
      at += length;
    }
    this.#buffer.copyWithin(0, at, this.#held);
    this.#held -= at;
    return blocks;
  }

  /**
   * Says how the stream ended, when no more bytes come.
   *
   * @throws BitstreamError when not even the header was whole
   */
  finish(): BitstreamEnd {
    const header = this.#header;
    if (header === null) {
      throw new BitstreamError(
        this.#held === 0
          ? 'the stream is empty'
          : `the stream ends amid its header, after ${this.#held} bytes: nothing can be decoded`,
        null,
      );
    }
    const complete = this.#samples !== null;
    const covered = this.#frames * header.hopLength;
    const promised = header.samples === null ? '' : ` of ${Math.ceil(header.samples / header.hopLength)}`;
    return {
      complete,
      frames: this.#frames,
      samples: this.#samples ?? Math.min(covered, header.samples ?? covered),
      problem: complete
        ? null
        : `the stream was cut ${this.#held > 0 ? `amid block ${this.#blocks}` : `before block ${this.#blocks}`}, ` +
          `after ${this.#frames}${header.chunks === null ? promised : ''} frames`,
    };
  }

  #hold(bytes: Uint8Array): void {
    const size = this.#held + bytes.length;
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held = size;
  }

  /** Reads one block. @returns its length, or null where it is not whole yet */
  #block(bytes: Uint8Array, header: BitstreamHeader, blocks: CodeBlock[]): number | null {
    const number = this.#blocks;
    const fail = (what: string): BitstreamError => new BitstreamError(what, number);
    if (this.#samples !== null) throw fail('more bytes follow the end of the stream');
    if (bytes.length < headBytes) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const damaged = 'it is damaged, its checksum is wrong; copy the file again, or decode what comes before';
    if (crc8(bytes.subarray(0, 2)) !== bytes[2]) throw fail(damaged);
    const word = view.getUint16(0, true);
    const frames = word & ~chunkBit;
    const beginsChunk = (word & chunkBit) !== 0;
    if (frames > header.framesPerBlock) {
      throw fail(`it says ${frames} frames, the header at most ${header.framesPerBlock}`);
    }
    const hasScale = beginsChunk && header.scaled;
    const bits = bitsPerCode(header.codebookSize);
    const codesAt = headBytes + (hasScale ? 4 : 0);
    const length = frames === 0 ? endBytes : codesAt + packedBytes(frames * header.codebooks, bits) + tailBytes;
    if (bytes.length < length) return null;
    const body = bytes.subarray(0, length - tailBytes);
    if (crc32(body, crc32(numberBytes(number))) !== view.getUint32(length - tailBytes, true)) throw fail(damaged);
    if (frames === 0) {
      this.#end(view.getBigUint64(headBytes, true), header, fail);
    } else {
      const scale = hasScale ? view.getFloat32(headBytes, true) : null;
      if (number === 0 && !beginsChunk) throw fail('the first block of a stream must begin a chunk');
      if (scale !== null && !Number.isFinite(scale)) throw fail(`its scale is ${scale}`);
      const codes = unpackCodes(bytes, codesAt, bits, frames * header.codebooks);
      const odd = codes.findIndex((code) => code >= header.codebookSize);
      if (odd >= 0) throw fail(`code ${codes[odd]} is not in a codebook of ${header.codebookSize}`);
      blocks.push({ codes, frames, beginsChunk, scale });
      this.#frames += frames;
    }
    this.#blocks++;
    return length;
  }

  #end(samples: bigint, header: BitstreamHeader, fail: (what: string) => BitstreamError): void {
    if (samples > BigInt(this.#frames) * BigInt(header.hopLength)) {
      throw fail(`it says ${samples} samples, ${this.#frames} frames of ${header.hopLength} are there`);
    }
    if (header.samples !== null && BigInt(header.samples) !== samples) {
      throw fail(`it says ${samples} samples, the header ${header.samples}`);
    }
    this.#samples = Number(samples);
  }
}

/** A whole stream. */
export interface Bitstream extends BitstreamEnd {
  readonly header: BitstreamHeader;
  readonly blocks: readonly CodeBlock[];
}

/**
 * Reads a stream that is there as a whole. One that was cut gives what comes before the cut, with `complete` false.
 *
 * @param options with `damaged` 'keep' a damaged block ends the reading like a cut does, instead of being an error
 * @throws BitstreamError
 */
export function readBitstream(bytes: Uint8Array, options: { readonly damaged?: 'throw' | 'keep' } = {}): Bitstream {
  const { damaged = 'throw' } = options;
  check(damaged === 'throw' || damaged === 'keep', () => `damaged must be 'throw' or 'keep', got '${String(damaged)}'`);
  const reader = new BitstreamReader();
  const blocks: CodeBlock[] = [];
  let problem: string | null = null;
  try {
    reader.push(bytes, blocks);
  } catch (error) {
    if (damaged === 'throw' || !(error instanceof BitstreamError) || error.block === null) throw error;
    problem = error.message;
  }
  const end = reader.finish();
  return {
    header: reader.header!,
    blocks,
    ...end,
    ...(problem === null ? {} : { complete: false, problem }),
  };
}
