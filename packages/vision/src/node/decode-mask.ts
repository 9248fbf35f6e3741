import sharp from 'sharp';
import { FileError } from '@hourglass/core';
import type { LabelMask } from '../data/image.js';
import type { Colour } from '../data/palette.js';
import { defaultPixelLimit, lenient, metadata, source, unreadable, type DecodeOptions } from './decode-image.js';
import { isPng, readPngSamples, tooLarge } from './png-samples.js';

export interface DecodeMaskOptions extends DecodeOptions {
  /** Which id a colour stands for, for masks drawn in colours. */
  readonly colours?: readonly { readonly colour: Colour; readonly id: number }[];
}

interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
  readonly palette: readonly Colour[] | null;
}

/**
 * Decodes a mask to the ids that it stores, untouched by colour management or scaling: grey values of 1 to 16 bits as they are,
 * palette PNGs as their indices (as their colours, where `colours` knows every colour they use), colour pictures through
 * `colours`. A colour picture whose channels are all equal counts as grey.
 * @throws FileError naming the file when it cannot be read, has a lossy format, or shows a colour that `colours` does not know
 */
export async function decodeMask(input: string | Uint8Array, options: DecodeMaskOptions = {}): Promise<LabelMask> {
  const { bytes, name } = await source(input, options.name);
  const limit = options.limitInputPixels ?? defaultPixelLimit;
  const samples = isPng(bytes) ? readPngSamples(bytes, name, limit) : await decodeOther(bytes, name, limit);
  const table = new Map((options.colours ?? []).map(({ colour, id }) => [pack(colour), id]));
  const { width, height, palette } = samples;
  if (palette !== null) return { width, height, data: lookUp(samples.data, palette, table, name, width) };
  if (samples.channels <= 2) return { width, height, data: firstChannel(samples) };
  return { width, height, data: byColour(samples, table, name) };
}

/** TIFF, WebP, GIF: what sharp reads without loss. */
async function decodeOther(bytes: Uint8Array, name: string, limit: number): Promise<Samples> {
  const header = await metadata(bytes, name);
  if (header.format === 'jpeg') {
    throw new FileError(name, 'is a JPEG, which blurs class ids; save masks as PNG');
  }
  if (header.width * header.height > limit) throw tooLarge(name, header.width, header.height, limit);
  const wide = header.depth === 'ushort';
  const grey = header.channels <= 2;
  const space = grey ? (wide ? 'grey16' : 'b-w') : wide ? 'rgb16' : 'srgb';
  try {
    const { data, info } = await sharp(bytes, { ...lenient, limitInputPixels: limit, ignoreIcc: true })
      .toColourspace(space)
      .raw({ depth: wide ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const samples = wide
      ? new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength))
      : new Uint8Array(data);
    return { width, height, channels, data: samples, palette: null };
  } catch (error) {
    throw unreadable(name, error);
  }
}

function pack([red, green, blue]: Colour): number {
  return (red << 16) | (green << 8) | blue;
}

type Ids = LabelMask['data'];

function idArray(length: number, largest: number): Ids {
  return largest > 255 ? new Uint16Array(length) : new Uint8Array(length);
}

function largestId(table: ReadonlyMap<number, number>): number {
  return Math.max(0, ...table.values());
}

/** Palette indices; through the colour table where that knows all colours in use, for programs reorder palettes. */
function lookUp(
  data: Uint8Array | Uint16Array,
  palette: readonly Colour[],
  table: ReadonlyMap<number, number>,
  name: string,
  width: number,
): Ids {
  const used = new Set(data);
  for (const index of used) {
    if (index >= palette.length) {
      const at = data.indexOf(index);
      throw new FileError(
        name,
        `the pixel in row ${Math.floor(at / width)}, column ${at % width} is index ${index} of a palette of ${palette.length} colours; export it again`,
      );
    }
  }
  const ids = new Map([...used].map((index) => [index, table.get(pack(palette[index]!))]));
  if ([...ids.values()].some((id) => id === undefined)) return data;
  const result = idArray(data.length, largestId(table));
  for (let i = 0; i < data.length; i++) result[i] = ids.get(data[i]!)!;
  return result;
}

function firstChannel({ data, channels }: Samples): Ids {
  if (channels === 1) return data;
  const result =
    data instanceof Uint16Array ? new Uint16Array(data.length / channels) : new Uint8Array(data.length / channels);
  for (let i = 0; i < result.length; i++) result[i] = data[i * channels]!;
  return result;
}

function byColour(samples: Samples, table: ReadonlyMap<number, number>, name: string): Ids {
  const { data, channels, width } = samples;
  const shift = data instanceof Uint16Array ? 8 : 0;
  const count = data.length / channels;
  const result = idArray(count, largestId(table));
  const unknown = new Map<number, number>();
  let isGrey = true;
  for (let i = 0; i < count; i++) {
    const [red, green, blue] = [data[i * channels]!, data[i * channels + 1]!, data[i * channels + 2]!];
    isGrey &&= red === green && green === blue;
    const colour = pack([red >> shift, green >> shift, blue >> shift]);
    const id = table.get(colour);
    if (id !== undefined) result[i] = id;
    else if (!unknown.has(colour)) unknown.set(colour, i);
  }
  if (unknown.size === 0) return result;
  if (isGrey) return firstChannel(samples);
  if (table.size === 0) {
    throw new FileError(
      name,
      'is a mask drawn in colours; say which class each colour is, in a classes.json beside the masks: [{ "name": "road", "color": [128, 64, 128] }, …]',
    );
  }
  const listed = [...unknown]
    .slice(0, 5)
    .map(
      ([colour, i]) =>
        `(${colour >> 16}, ${(colour >> 8) & 255}, ${colour & 255}) in row ${Math.floor(i / width)}, column ${i % width}`,
    );
  throw new FileError(
    name,
    `has ${unknown.size === 1 ? 'a colour' : `${unknown.size} colours`} that no class has: ${listed.join('; ')}${unknown.size > 5 ? '; …' : ''}`,
  );
}
