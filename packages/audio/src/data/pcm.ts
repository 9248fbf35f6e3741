import type { WavLayout } from './riff.js';

/** Integers of 8 to 32 bits, floats of 32 or 64. */
export type WavBitDepth = '8' | '16' | '24' | '32' | '32f' | '64';

type Read = (view: DataView, at: number, little: boolean) => number;
type Write = (view: DataView, at: number, value: number) => void;

const wholeNumbers: Readonly<Record<number, Read>> = {
  8: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  16: (view, at, little) => view.getInt16(at, little) / 2 ** 15,
  24(view, at, little) {
    const [upper, lowest] = little ? [at + 1, at] : [at, at + 2];
    return (view.getInt16(upper, little) * 2 ** 8 + view.getUint8(lowest)) / 2 ** 23;
  },
  32: (view, at, little) => view.getInt32(at, little) / 2 ** 31,
};

/** A byte of ITU-T G.711's A-law, as 13 bits of 16. */
function ofALaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return bits & 0x80 ? size : 0 - size;
}

/** A byte of its mu-law, as 14 bits of 16. */
function ofMuLaw(code: number): number {
  const bits = ~code;
  const size = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? 0 - size : size;
}

function byTable(decode: (code: number) => number): Read {
  const table = Float32Array.from({ length: 256 }, (_, code) => decode(code) / 2 ** 15);
  return (view, at) => table[view.getUint8(at)]!;
}

const laws: Readonly<Record<'alaw' | 'mulaw', Read>> = { alaw: byTable(ofALaw), mulaw: byTable(ofMuLaw) };

function readerOf({ coding, bits }: WavLayout): Read {
  if (coding === 'alaw' || coding === 'mulaw') return laws[coding];
  if (coding === 'pcm') return wholeNumbers[bits]!;
  return bits === 32
    ? (view, at, little) => view.getFloat32(at, little)
    : (view, at, little) => view.getFloat64(at, little);
}

/** The samples of each channel, full scale -1 to 1; of anything but ADPCM. */
export function readSamples(layout: WavLayout): Float32Array[] {
  const { channels, blockAlign, bigEndian, data } = layout;
  const read = readerOf(layout);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(data.length / blockAlign);
    let at = (channel * blockAlign) / channels;
    for (let i = 0; i < samples.length; i++, at += blockAlign) samples[i] = read(view, at, !bigEndian);
    return samples;
  });
}

/** Rounded, and clipped to full scale. */
function whole(value: number, scale: number): number {
  const rounded = Math.round(value * scale);
  return rounded < -scale ? -scale : rounded >= scale ? scale - 1 : rounded;
}

/** How a sample is written, little end first. */
export const writers: Readonly<Record<WavBitDepth, { readonly bytes: number; readonly write: Write }>> = {
  8: { bytes: 1, write: (view, at, value) => view.setUint8(at, whole(value, 2 ** 7) + 128) },
  16: { bytes: 2, write: (view, at, value) => view.setInt16(at, whole(value, 2 ** 15), true) },
  24: {
    bytes: 3,
    write(view, at, value) {
      const sample = whole(value, 2 ** 23);
      view.setUint8(at, sample & 0xff);
      view.setInt16(at + 1, sample >> 8, true);
    },
  },
  32: { bytes: 4, write: (view, at, value) => view.setInt32(at, whole(value, 2 ** 31), true) },
  '32f': { bytes: 4, write: (view, at, value) => view.setFloat32(at, value, true) },
  64: { bytes: 8, write: (view, at, value) => view.setFloat64(at, value, true) },
};
