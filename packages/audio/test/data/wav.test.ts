import { describe, expect, it } from 'vitest';
import { Generator, HourglassError } from '@hourglass/core';
import { decodeWav, encodeWav, type WavBitDepth, type Waveform } from '@hourglass/audio';
import { fmt, int16, riff, text, u32 } from './wav-bytes.js';

const samples = [0, 1, -1, 256, 32767, -32768];
const floats = samples.map((value) => value / 32768);

function noise(channels: number, length: number): Waveform {
  const generator = new Generator(1);
  const channel = (): Float32Array => Float32Array.from({ length }, () => generator.uniform(-1, 1));
  return { channels: Array.from({ length: channels }, channel), sampleRate: 24000 };
}

describe('encodeWav, decodeWav', () => {
  const depths: [WavBitDepth, number][] = [
    ['8', 2 ** -8],
    ['16', 2 ** -16],
    ['24', 2 ** -24],
    ['32', 2 ** -24],
    ['32f', 0],
    ['64', 0],
  ];
  it.each(depths)('%s bits lose at most half a step, in mono, stereo and 5.1, at odd lengths', (bitDepth, half) => {
    for (const channels of [1, 2, 3, 6]) {
      const waveform = noise(channels, 101);
      const bytes = encodeWav(waveform, { bitDepth });
      const read = decodeWav(bytes);
      expect(read.sampleRate).toBe(24000);
      expect(read.channels.length).toBe(channels);
      read.channels.forEach((channel, c) => {
        expect(channel.length).toBe(101);
        channel.forEach((value, i) => {
          // the largest positive sample is clipped by one step
          expect(Math.abs(value - waveform.channels[c]![i]!)).toBeLessThanOrEqual(half * (value > 0.9 ? 2 : 1));
        });
      });
      // what was read is written as the same bytes
      expect(encodeWav(read, { bitDepth })).toEqual(bytes);
      expect(bytes.length % 2).toBe(0);
    }
  });

  it('clips to full scale, except floats', () => {
    const loud = { channels: [Float32Array.of(2, -2, 1)], sampleRate: 8000 };
    expect([...decodeWav(encodeWav(loud)).channels[0]!]).toEqual([32767 / 32768, -1, 32767 / 32768]);
    expect([...decodeWav(encodeWav(loud, { bitDepth: '8' })).channels[0]!]).toEqual([127 / 128, -1, 127 / 128]);
    expect([...decodeWav(encodeWav(loud, { bitDepth: '32f' })).channels[0]!]).toEqual([2, -2, 1]);
  });

  it('refuses to write what is no sound', () => {
    const one = (value: number, sampleRate = 8000): Waveform => ({ channels: [Float32Array.of(value)], sampleRate });
    expect(() => encodeWav(one(NaN))).toThrow('sample 0 of channel 0 is NaN');
    expect(() => encodeWav(one(0, 22050.5))).toThrow('whole sample rate');
    expect(() => encodeWav({ channels: [new Float32Array(0)], sampleRate: 8000 })).toThrow('without samples');
    expect(() => encodeWav(one(0), { bitDepth: '12' as WavBitDepth })).toThrow("got '12'");
    const many = { channels: Array.from({ length: 65 }, () => new Float32Array(1)), sampleRate: 8000 };
    expect(() => encodeWav(many)).toThrow('65 channels');
  });
});

describe('decodeWav of files by others', () => {
  const data = { id: 'data', data: int16(samples) };
  const read = (bytes: Uint8Array): number[] => [...decodeWav(bytes).channels[0]!];

  it('reads past chunks it does not need, of odd sizes too, and formats after them', () => {
    const list = { id: 'LIST', data: text('INFOISFT\x05\0\0\0Lavf6\0x') };
    expect(read(riff([list, fmt(), { id: 'junk', data: new Uint8Array(3) }, data, list]))).toEqual(floats);
    expect(read(riff([{ ...list, padded: false }, fmt(), data]))).toEqual(floats);
    expect(read(riff([data, fmt()]))).toEqual(floats);
  });

  it('is not led astray by lists of lists', () => {
    const lists = Array.from({ length: 2000 }, () => ({ id: 'LIST', data: text('INFO') }));
    expect(read(riff([...lists, fmt(), data]))).toEqual(floats);
  });

  it('reads all of streamed files', () => {
    for (const size of [0, 0xffffffff]) expect(read(riff([fmt(), { ...data, size }]))).toEqual(floats);
    expect(read(riff([fmt(), { ...data, size: 0x7fffffff }]))).toEqual(floats);
  });

  it('takes the size of RF64 from its own chunk', () => {
    const ds64 = new Uint8Array(28);
    ds64.set(u32(8), 8);
    const bytes = riff([{ id: 'ds64', data: ds64 }, fmt(), { ...data, size: 0xffffffff }], 'RF64');
    expect(read(bytes)).toEqual(floats.slice(0, 4));
  });

  it('reads big-endian files', () => {
    const bytes = riff([fmt({}, false), { id: 'data', data: int16(samples, false) }], 'RIFX');
    expect(decodeWav(bytes)).toEqual({ channels: [Float32Array.from(floats)], sampleRate: 8000 });
  });

  it('gives the samples that a truncated file has', () => {
    const bytes = riff([fmt({ channels: 2 }), data]);
    const { channels } = decodeWav(bytes.subarray(0, bytes.length - 3));
    expect(channels.map((channel) => [...channel])).toEqual([
      [0, -1 / 32768],
      [1 / 32768, 256 / 32768],
    ]);
  });

  it('reads the extensible format, and 12 and 20 bits in 2 and 3 bytes', () => {
    expect(read(riff([fmt({ extensible: 1 }), data]))).toEqual(floats);
    expect(read(riff([fmt({ bits: 12, blockAlign: 2 }), data]))).toEqual(floats);
    const float32 = new Uint8Array(Float32Array.of(0.5, -1.5).buffer);
    expect(read(riff([fmt({ bits: 32, extensible: 3 }), { id: 'data', data: float32 }]))).toEqual([0.5, -1.5]);
    const float64 = new Uint8Array(Float64Array.of(0.5, -1.5).buffer);
    expect(read(riff([fmt({ tag: 3, bits: 64 }), { id: 'data', data: float64 }]))).toEqual([0.5, -1.5]);
    const wide = { id: 'data', data: Uint8Array.of(0x10, 0, 0x40, 0xf0, 0xff, 0xff) };
    expect(read(riff([fmt({ bits: 20, blockAlign: 3 }), wide]))).toEqual([0x400010 / 2 ** 23, -16 / 2 ** 23]);
  });

  it('reads A-law and mu-law (ITU-T G.711)', () => {
    const law = { id: 'data', data: Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a, 0x80, 0x00, 0xff, 0x7f) };
    const scaled = (tag: number): number[] => read(riff([fmt({ tag, bits: 8 }), law])).map((value) => value * 32768);
    expect(scaled(6)).toEqual([8, -8, 32256, -32256, 5504, -5504, 848, -848]);
    expect(scaled(7)).toEqual([716, -716, 5372, -5372, 32124, -32124, 0, 0].map((value) => value + 0));
  });

  it('reads IMA ADPCM of one and two channels', () => {
    // a block: first sample 1000, step 7; codes 4 (7 up) and 12 (with the next step but one, 9 + 1 down), then zeros
    const block = Uint8Array.of(0xe8, 3, 0, 0, 0xc4, 0, 0, 0);
    const format = { tag: 0x11, bits: 4, blockAlign: 8 };
    const mono = read(riff([fmt(format), { id: 'data', data: block }])).map((value) => value * 32768);
    expect(mono.slice(0, 3)).toEqual([1000, 1007, 997]);
    expect(mono.length).toBe(9);
    const both = Uint8Array.of(...block.subarray(0, 4), 0, 0, 0, 0, ...block.subarray(4), 0, 0, 0, 0);
    const stereo = decodeWav(
      riff([fmt({ ...format, channels: 2, blockAlign: 16 }), { id: 'data', data: both }]),
    ).channels.map((channel) => [...channel].map((value) => value * 32768));
    expect(stereo).toEqual([mono, [0, 0, 0, 0, 0, 0, 0, 0, 0]]);
  });
});

describe('decodeWav of what it cannot read', () => {
  const wrong: Record<string, [Uint8Array, string | RegExp]> = {
    'an empty file': [new Uint8Array(0), 'sound: is empty'],
    'a text file': [text('Dear reader, this is a letter.'), "is no WAV file: it begins with 'Dear reader,'"],
    'another RIFF file': [text('RIFF\x10\0\0\0AVI LIST\0\0\0\0'), 'is no WAV file'],
    'a file without format': [riff([{ id: 'data', data: int16([1]) }]), 'without a format chunk'],
    'a file without data': [riff([fmt()]), 'no data chunk'],
    'zero samples': [riff([fmt(), { id: 'data', data: new Uint8Array(0) }]), 'zero samples'],
    'zero samples before other chunks': [
      riff([fmt(), { id: 'data', data: new Uint8Array(0) }, { id: 'LIST', data: text('INFO') }]),
      'zero samples',
    ],
    '100 channels': [riff([fmt({ channels: 100 }), { id: 'data', data: new Uint8Array(800) }]), '100 channels'],
    'no channels': [riff([fmt({ channels: 0 }), { id: 'data', data: new Uint8Array(8) }]), '0 channels'],
    'a sample rate of 0': [riff([fmt({ sampleRate: 0 }), { id: 'data', data: int16([1]) }]), 'sample rate is 0'],
    'impossible frames': [riff([fmt({ blockAlign: 7 }), { id: 'data', data: int16([1]) }]), 'do not fit'],
    'a format cut off': [
      riff([
        { id: 'fmt ', data: new Uint8Array(8) },
        { id: 'data', data: int16([1]) },
      ]),
      '8 bytes',
    ],
    'another coding': [riff([fmt({ tag: 0x55 }), { id: 'data', data: int16([1]) }]), 'MP3'],
  };
  it.each(Object.entries(wrong))('%s', (_, [bytes, message]) => {
    expect(() => decodeWav(bytes)).toThrow(HourglassError);
    expect(() => decodeWav(bytes)).toThrow(message);
  });

  it('names the sample that is no number, or puts 0 there', () => {
    const data = new Uint8Array(Float32Array.of(0.5, 1, 0.25, NaN).buffer);
    const bytes = riff([fmt({ tag: 3, bits: 32, channels: 2 }), { id: 'data', data }]);
    expect(() => decodeWav(bytes, { name: 'a.wav' })).toThrow('a.wav: has the value NaN at sample 1 of channel 1');
    expect(decodeWav(bytes, { nonFinite: 'zero' }).channels[1]).toEqual(Float32Array.of(1, 0));
    const huge = new Uint8Array(Float64Array.of(1e300).buffer);
    expect(() => decodeWav(riff([fmt({ tag: 3, bits: 64 }), { id: 'data', data: huge }]))).toThrow('Infinity');
  });
});
