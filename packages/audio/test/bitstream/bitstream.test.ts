import { describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import {
  bitRate,
  bitsPerCode,
  BitstreamError,
  BitstreamReader,
  BitstreamWriter,
  readBitstream,
  type BitstreamWriterHeader,
  type CodeBlock,
} from '@hourglass/audio';

const usual: BitstreamWriterHeader = {
  model: 'encodec',
  fingerprint: '0123456789abcdef',
  sampleRate: 24_000,
  channels: 1,
  hopLength: 320,
  codebooks: 8,
  codebookSize: 1024,
  samples: null,
  chunks: null,
  scaled: false,
};

function drawCodes(generator: Generator, { codebooks, codebookSize }: BitstreamWriterHeader, frames: number) {
  return Int32Array.from({ length: frames * codebooks }, () => generator.integer(0, codebookSize));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function codesOf(blocks: readonly CodeBlock[]): number[] {
  return blocks.flatMap(({ codes }) => [...codes]);
}

/** A stream of two chunks, with factors where the header has them. */
function write(header: BitstreamWriterHeader, codes: Int32Array, pieces: number, samples: number): Uint8Array {
  const writer = new BitstreamWriter(header);
  const frames = codes.length / header.codebooks;
  const parts: Uint8Array[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map((i) => Math.floor((frames * i) / pieces) * header.codebooks);
    const begins = piece === 0 || (header.chunks !== null && piece === pieces >> 1);
    const chunk = header.scaled ? { scale: 0.5 + piece } : {};
    parts.push(begins ? writer.write(codes.subarray(from, to), chunk) : writer.write(codes.subarray(from, to)));
  }
  parts.push(writer.finish(samples));
  return join(parts);
}

describe('an .hgc stream', () => {
  it('gives back what was written, for all sizes, however the bytes come', () => {
    const generator = new Generator(1);
    for (let round = 0; round < 300; round++) {
      const scaled = round % 3 === 0;
      const header: BitstreamWriterHeader = {
        ...usual,
        codebooks: generator.integer(1, 12),
        codebookSize: round < 24 ? 2 ** (round + 1) : generator.integer(2, 3000),
        framesPerBlock: generator.integer(1, 20),
        chunks: round % 2 === 0 ? { length: 48_000, stride: 47_520 } : null,
        scaled,
      };
      const frames = generator.integer(0, 60);
      const codes = drawCodes(generator, header, frames);
      const samples = frames === 0 ? 0 : frames * 320 - generator.integer(0, 320);
      const bytes = write(header, codes, generator.integer(1, 5), samples);
      const reader = new BitstreamReader();
      const blocks: CodeBlock[] = [];
      for (let at = 0; at < bytes.length;) {
        const next = at + generator.integer(1, 40);
        blocks.push(...reader.push(bytes.subarray(at, next)));
        at = next;
      }
      expect(reader.finish()).toEqual({ complete: true, frames, samples, problem: null });
      expect(codesOf(blocks)).toEqual([...codes]);
      expect(reader.header).toEqual({ ...header });
      const whole = readBitstream(bytes);
      expect(whole.blocks).toEqual(blocks);
      for (const { beginsChunk, scale } of blocks) {
        if (scaled && beginsChunk) expect(scale! % 1).toBe(0.5);
        else expect(scale).toBe(null);
      }
    }
  });

  it('is as large as the bit rate says, and 7 bytes a block', () => {
    for (const codebookSize of [2, 3, 1000, 1024, 1025]) {
      for (const codebooks of [1, 2, 4, 8, 32]) {
        const header = { ...usual, codebooks, codebookSize, framesPerBlock: 64, samples: 75 * 320 * 64 };
        const codes = drawCodes(new Generator(codebooks), header, 75 * 64);
        const bytes = write(header, codes, 1, header.samples);
        const seconds = header.samples / header.sampleRate;
        expect(bitsPerCode(codebookSize)).toBe(Math.ceil(Math.log2(codebookSize)));
        expect(bitRate({ ...header })).toBe(codebooks * Math.ceil(Math.log2(codebookSize)) * 75);
        const payload = (bitRate({ ...header }) * seconds) / 8;
        expect(bytes.length).toBe(64 + payload + 75 * 7 + 15);
      }
    }
  });

  it('keeps framing below 1 % at 3 kbit/s', () => {
    const header = { ...usual, codebooks: 4, samples: 60 * 24_000 };
    const bytes = write(header, drawCodes(new Generator(3), header, 60 * 75), 7, header.samples);
    const payload = (3000 * 60) / 8;
    expect(bytes.length).toBeGreaterThan(payload);
    expect(bytes.length / payload).toBeLessThan(1.01 + 79 / payload);
  });

  it('that was cut anywhere gives the blocks before the cut, and says so', () => {
    const header = { ...usual, codebooks: 3, framesPerBlock: 8, samples: 50 * 320 - 7 };
    const codes = drawCodes(new Generator(2), header, 50);
    const bytes = write(header, codes, 2, header.samples);
    let last = 0;
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      if (length < 64) {
        expect(() => readBitstream(cut)).toThrow(length === 0 ? /the stream is empty/ : /ends amid its header/);
        continue;
      }
      const { blocks, complete, frames, samples, problem } = readBitstream(cut);
      expect(complete).toBe(false);
      expect(problem).toMatch(/the stream was cut (amid|before) block \d+, after \d+ of 50 frames/);
      expect(codesOf(blocks)).toEqual([...codes.subarray(0, frames * 3)]);
      expect(samples).toBe(Math.min(frames * 320, header.samples));
      expect(frames).toBeGreaterThanOrEqual(last);
      last = frames;
    }
    expect(last).toBe(50);
  });

  it('finds every flipped bit, and names the block', () => {
    const header = { ...usual, codebooks: 2, codebookSize: 1000, framesPerBlock: 4, scaled: true };
    const codes = drawCodes(new Generator(4), header, 12);
    const bytes = write(header, codes, 1, 12 * 320);
    // header of 64 bytes, blocks of 10 and twice 4 bytes of codes less
    const sizes = [3 + 4 + 20 / 2 + 4, 3 + 20 / 2 + 4, 3 + 20 / 2 + 4, 15];
    expect(bytes.length).toBe(64 + sizes.reduce((sum, size) => sum + size, 0));
    const blockAt = (at: number): number => {
      let end = 64;
      return sizes.findIndex((size) => at < (end += size));
    };
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      let error: unknown = null;
      try {
        readBitstream(flipped);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(BitstreamError);
      const block = bit >> 3 < 64 ? null : blockAt(bit >> 3);
      expect((error as BitstreamError).block).toBe(block);
      if (block !== null) {
        expect((error as BitstreamError).message).toMatch(`block ${block}: it is damaged, its checksum is wrong`);
        const kept = readBitstream(flipped, { damaged: 'keep' });
        expect(kept.complete).toBe(false);
        expect(codesOf(kept.blocks)).toEqual([...codes.subarray(0, Math.min(block, 3) * 8)]);
      }
    }
  });

  it('survives 20,000 mutated and cut files with an error or whole blocks, quickly and in little memory', () => {
    const generator = new Generator(5);
    const streams = [
      { ...usual, framesPerBlock: 8 },
      { ...usual, codebooks: 1, codebookSize: 3, chunks: { length: 960, stride: 640 }, scaled: true },
      { ...usual, codebooks: 5, codebookSize: 2 ** 24, samples: 33 * 320 },
    ].map((header) => write(header, drawCodes(generator, header, 33), 3, 33 * 320));
    let [errors, partial, whole] = [0, 0, 0];
    const began = performance.now();
    let most = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = mutated(streams[round % 3]!, generator);
      const start = performance.now();
      try {
        const result = readBitstream(bytes);
        const frames = result.blocks.reduce((sum, block) => sum + block.frames, 0);
        expect(result.frames).toBe(frames);
        expect(result.samples).toBeLessThanOrEqual(frames * result.header.hopLength);
        const size = codesOf(result.blocks);
        // a code takes at least a bit of the file
        expect(size.length).toBeLessThanOrEqual(bytes.length * 8);
        expect(size.every((code) => code >= 0 && code < result.header.codebookSize)).toBe(true);
        if (result.complete) whole++;
        else partial++;
      } catch (error) {
        if (!(error instanceof BitstreamError)) throw error;
        errors++;
      }
      most = Math.max(most, performance.now() - start);
    }
    expect(errors).toBeGreaterThan(5000);
    expect(partial).toBeGreaterThan(1000);
    expect(whole).toBeLessThan(2000);
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(most).toBeLessThan(2000);
  });

  it('refuses what is no stream, and headers that make no sense', () => {
    const text = new TextEncoder().encode('RIFF and so on');
    expect(() => readBitstream(text)).toThrow('this is no .hgc stream: it does not begin with HGC');
    const bytes = write(usual, new Int32Array(0), 1, 0);
    const newer = bytes.slice();
    newer[4] = 9;
    expect(() => readBitstream(newer)).toThrow('the stream has version 9, this release reads 1');
    expect(() => readBitstream(join([bytes, Uint8Array.of(0)]))).toThrow('block 1: more bytes follow the end');
    const wrong = (change: Partial<BitstreamWriterHeader>) => new BitstreamWriter({ ...usual, ...change });
    expect(() => wrong({ codebookSize: 1 })).toThrow(
      /cannot have the codebook size 1: whole numbers from 2 to 16777216/,
    );
    expect(() => wrong({ fingerprint: 'x' })).toThrow(/the fingerprint 'x'/);
    expect(() => wrong({ codebooks: 1024, codebookSize: 2 ** 20, framesPerBlock: 32_000 })).toThrow(/blocks of/);
    expect(() => wrong({ model: 'é'.repeat(40) })).toThrow(/length of the model name 80/);
    expect(() => wrong({ chunks: { length: 10, stride: 11 } })).toThrow(/chunk distance 11/);
  });

  it('refuses codes, factors and lengths that do not fit', () => {
    const make = (change: Partial<BitstreamWriterHeader> = {}) =>
      new BitstreamWriter({ ...usual, codebooks: 2, ...change });
    expect(() => make().write([1, 2, 3])).toThrow('3 codes are no whole frames of 2');
    expect(() => make().write([1, 2, 3, 1024])).toThrow('code 1024 of frame 1 is not in a codebook of 1024');
    expect(() => make({ scaled: true }).write([1, 2])).toThrow('a chunk of this stream needs a finite scale');
    expect(() => make().write([1, 2], { scale: 1 })).toThrow('this stream has no scales');
    const writer = make();
    writer.write([1, 2]);
    expect(() => writer.finish()).toThrow('1 frames of 320 samples cannot stand for null samples');
    expect(() => writer.finish(321)).toThrow('cannot stand for 321 samples');
    writer.finish(5);
    expect(() => writer.write([1, 2])).toThrow('finished already');
    const promised = make({ samples: 100 });
    promised.write([1, 2]);
    expect(() => promised.finish(99)).toThrow('the header promised 100 samples, there are 99');
  });

  it('does not slow down when bytes come one by one', () => {
    const header = { ...usual, codebooks: 32, framesPerBlock: 4000 };
    const bytes = write(header, drawCodes(new Generator(6), header, 8000), 1, 8000 * 320);
    const reader = new BitstreamReader();
    let frames = 0;
    for (let i = 0; i < bytes.length; i++) {
      for (const block of reader.push(bytes.subarray(i, i + 1))) frames += block.frames;
    }
    expect(frames).toBe(8000);
    expect(reader.isComplete).toBe(true);
  });
});

/** Flipped bits, random bytes, cuts, doubled and lost pieces, zeros. */
function mutated(stream: Uint8Array, generator: Generator): Uint8Array {
  let bytes: number[] = [...stream];
  const at = (): number => generator.integer(0, Math.max(1, bytes.length));
  for (let count = generator.integer(1, 4); count > 0; count--) {
    const place = at();
    switch (generator.integer(0, 7)) {
      case 0:
        bytes[place]! ^= 1 << generator.integer(0, 8);
        break;
      case 1:
        bytes[place] = generator.integer(0, 256);
        break;
      case 2:
      case 3:
        bytes = bytes.slice(0, place);
        break;
      case 4:
        bytes.splice(place, 0, ...bytes.slice(at(), at()));
        break;
      case 5:
        bytes.splice(place, generator.integer(1, 20));
        break;
      default:
        bytes.fill(generator.integer(0, 2) * 255, place, place + generator.integer(1, 9));
    }
  }
  return Uint8Array.from(bytes);
}
