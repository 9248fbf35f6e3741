import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Generator, HourglassError } from '@hourglass/core';
import { decodeSound, decodeWav, encodeWav, type WavBitDepth, type Waveform } from '@hourglass/audio';
import { flac } from './flac-bytes.js';
import { fmt, riff, text, u32 } from './wav-bytes.js';

/*
 * Files with anything wrong in them are read as far as they go, or refused with a message of ours: nothing else is thrown, nothing
 * takes long, and what comes out is no larger than the file allows.
 */

const generator = new Generator(17);

function pick<T>(items: readonly T[]): T {
  return items[generator.integer(0, items.length)]!;
}

function noise(channels: number, length: number): Waveform {
  const channel = (): Float32Array => Float32Array.from({ length }, () => generator.uniform(-1, 1));
  return { channels: Array.from({ length: channels }, channel), sampleRate: 16000 };
}

/** Whole files, of all codings. */
function seeds(): Uint8Array[] {
  const depths: WavBitDepth[] = ['8', '16', '24', '32', '32f', '64'];
  const pcm = depths.flatMap((bitDepth) => [1, 2, 6].map((channels) => encodeWav(noise(channels, 20), { bitDepth })));
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => generator.integer(0, 256));
  const data = { id: 'data', data: bytes(64) };
  const other = [
    riff([fmt({ tag: 6, bits: 8 }), data]),
    riff([fmt({ tag: 7, bits: 8, channels: 2 }), data]),
    riff([fmt({ tag: 0x11, bits: 4, blockAlign: 16 }), data]),
    riff([fmt({ tag: 0x11, bits: 4, blockAlign: 32, channels: 2 }), data]),
    riff([fmt({ extensible: 1, channels: 2 }), { id: 'LIST', data: text('INFOISFT\x04\0\0\0test') }, data]),
    riff([fmt({}, false), { id: 'data', data: bytes(40) }], 'RIFX'),
    riff([{ id: 'ds64', data: bytes(28) }, fmt(), { ...data, size: 0xffffffff }], 'RF64'),
    riff([fmt(), { ...data, size: 0 }, { id: 'junk', data: bytes(9) }]),
  ];
  return [...pcm, ...other];
}

type Mutation = (bytes: Uint8Array) => Uint8Array;

const odd = [0, 1, 2, 3, 4, 7, 8, 16, 24, 100, 255, 1000, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

const mutations: readonly Mutation[] = [
  // cut off
  (bytes) => bytes.slice(0, generator.integer(0, bytes.length)),
  // single bits
  (bytes) => {
    for (let i = generator.integer(1, 6); i > 0; i--)
      bytes[generator.integer(0, bytes.length)]! ^= 1 << generator.integer(0, 8);
    return bytes;
  },
  // bytes of the header
  (bytes) => {
    for (let i = generator.integer(1, 5); i > 0; i--)
      bytes[generator.integer(0, Math.min(60, bytes.length))] = generator.integer(0, 256);
    return bytes;
  },
  // sizes and fields that lie
  (bytes) => {
    bytes.set(
      u32(pick(odd), generator.integer(0, 4) > 0),
      4 * generator.integer(1, Math.min(14, Math.floor(bytes.length / 4))),
    );
    return bytes;
  },
  // a field of two bytes: coding, channels, block size, bits
  (bytes) => {
    bytes.set(u32(pick(odd)).subarray(0, 2), pick([20, 22, 32, 34]));
    return bytes;
  },
  // NaN and infinity where floats are
  (bytes) => {
    bytes.set(u32(pick([0x7fc00000, 0x7f800000, 0xff800000])), bytes.length - 4 * generator.integer(1, 4));
    return bytes;
  },
  // a piece left out, doubled, or from elsewhere
  (bytes) => {
    const [a, b] = [generator.integer(0, bytes.length), generator.integer(0, bytes.length)];
    const piece = bytes.slice(Math.min(a, b), Math.max(a, b));
    return Uint8Array.from([...bytes.subarray(0, pick([a, b])), ...piece, ...bytes.subarray(pick([a, b]))]);
  },
  // many small chunks
  (bytes) => {
    const chunk = [...text(pick(['LIST', 'junk', 'fmt ', 'data', 'cue '])), ...u32(pick([0, 1, 4])), ...text('INFO')];
    const many = Array.from({ length: generator.integer(1, 40) }, () => chunk).flat();
    return Uint8Array.from([...bytes.subarray(0, 12), ...many, ...bytes.subarray(12)]);
  },
  // something else altogether
  (bytes) =>
    Uint8Array.from([
      ...text(pick(['RIFF', 'Dear reader,', '<html>', '', 'RIFX', 'OggS'])),
      ...bytes.subarray(pick([0, 4, 8])),
    ]),
];

function mutated(bytes: Uint8Array): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes);
  for (let i = generator.integer(1, 4); i > 0 && result.length > 60; i--)
    result = Uint8Array.from(pick(mutations)(result));
  return result;
}

/** What must hold of a sound read from a file of so many bytes. */
function expectSound({ channels, sampleRate }: Waveform, most: number): void {
  const samples = channels.reduce((sum, channel) => sum + channel.length, 0);
  const good =
    samples > 0 &&
    samples <= most &&
    channels.length <= 64 &&
    sampleRate > 0 &&
    channels.every(
      (channel) => channel.length === channels[0]!.length && channel.every((value) => Number.isFinite(value)),
    );
  expect(good).toBe(true);
}

it('reads or refuses 20,000 broken WAV files', () => {
  const files = seeds();
  const counts = { read: 0, refused: 0 };
  let slowest = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = mutated(pick(files));
    const start = performance.now();
    try {
      // four bits a sample are the fewest
      expectSound(decodeWav(bytes), 2 * bytes.length);
      counts.read++;
    } catch (error) {
      if (!(error instanceof HourglassError)) throw new Error(`file ${i}: ${[...bytes].join(' ')}`, { cause: error });
      counts.refused++;
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  // the mutations leave enough whole to get far into the reader, and break enough
  expect(counts.read).toBeGreaterThan(4000);
  expect(counts.refused).toBeGreaterThan(4000);
  expect(slowest).toBeLessThan(1000);
});

it('reads or refuses broken files of the compressed formats', async () => {
  // the decoders report on the console besides
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const tones = ['tone.mp3', 'tone.ogg', 'tone.opus'].map((name) =>
    readFile(join(import.meta.dirname, 'fixtures', name)),
  );
  const files: Uint8Array[] = (await Promise.all(tones)).map((bytes) => new Uint8Array(bytes));
  files.push(flac([Int16Array.from({ length: 300 }, () => generator.integer(-9999, 9999))], 16000, 64));
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < 240; i++) {
    const bytes = mutated(files[i % 4]!);
    try {
      expectSound(await decodeSound(bytes), Infinity);
      counts.read++;
    } catch (error) {
      if (!(error instanceof HourglassError)) throw new Error(`file ${i}: ${[...bytes].join(' ')}`, { cause: error });
      counts.refused++;
    }
  }
  expect(counts.read).toBeGreaterThan(20);
  expect(counts.refused).toBeGreaterThan(20);
  vi.restoreAllMocks();
});
