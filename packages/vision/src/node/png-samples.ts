import { crc32, inflateSync } from 'node:zlib';
import { FileError } from '@hourglass/core';
import type { Colour } from '../data/palette.js';

/** The samples of a PNG as they are stored: no palette looked up, no bit depth scaled, no colour managed. */
export interface PngSamples {
  readonly width: number;
  readonly height: number;
  /** Samples a pixel: 1 grey or palette index, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly data: Uint8Array | Uint16Array;
  /** The colours that the samples index; null where they are not indices. */
  readonly palette: readonly Colour[] | null;
}

const signature = [137, 80, 78, 71, 13, 10, 26, 10];
const channelsByType = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);
const depthsByType: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
]);

/** Column and row of the first pixel, and steps, of Adam7's seven passes; a plain PNG is one pass. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads a PNG's samples untouched (W3C Portable Network Graphics, third edition), which image libraries do not offer: they look
 * palettes up and stretch small bit depths, and class ids are neither colours nor brightness.
 * @param name what an error calls the file
 * @param pixelLimit more pixels than this are refused before anything is unpacked
 */
export function readPngSamples(bytes: Uint8Array, name: string, pixelLimit = Infinity): PngSamples {
  const damaged = (what: string): FileError =>
    new FileError(name, `is a damaged PNG (${what}); copy or export it again`);
  let header: DataView | undefined;
  let palette: Colour[] | null = null;
  const packed: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = signature.length, type = ''; type !== 'IEND';) {
    if (at + 12 > bytes.length) throw damaged('it ends too early');
    const length = view.getUint32(at);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) throw damaged('it ends too early');
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw damaged(`the checksum of its ${type} part is wrong`);
    }
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      if (length !== 13) throw damaged('its header has the wrong length');
      header = new DataView(body.buffer, body.byteOffset, length);
    } else if (type === 'PLTE') {
      palette = Array.from({ length: Math.floor(length / 3) }, (_, i): Colour => [
        body[i * 3]!,
        body[i * 3 + 1]!,
        body[i * 3 + 2]!,
      ]);
    } else if (type === 'IDAT') packed.push(body);
    at += 12 + length;
  }
  if (header === undefined) throw damaged('it has no header');
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const [depth, colourType, interlaced] = [header.getUint8(8), header.getUint8(9), header.getUint8(12) === 1];
  const channels = channelsByType.get(colourType);
  if (channels === undefined || !depthsByType.get(colourType)!.includes(depth) || width === 0 || height === 0) {
    throw damaged('its header makes no sense');
  }
  if (width * height > pixelLimit) throw tooLarge(name, width, height, pixelLimit);
  if (colourType === 3 && palette === null) throw damaged('its palette is missing');

  const passes = interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  const sizes = passes.map(([left, top, across, down]) => ({
    columns: Math.ceil((width - left) / across),
    rows: Math.ceil((height - top) / down),
  }));
  const rowBytes = (columns: number): number => Math.ceil((columns * channels * depth) / 8);
  const expected = sizes.reduce(
    (sum, { columns, rows }) => sum + (columns > 0 && rows > 0 ? rows * (1 + rowBytes(columns)) : 0),
    0,
  );
  let raw: Uint8Array;
  try {
    raw = inflateSync(Buffer.concat(packed), { maxOutputLength: expected + 1 });
  } catch (error) {
    throw damaged(
      error instanceof RangeError ? 'it unpacks to more pixels than it states' : 'its pixels cannot be unpacked',
    );
  }
  if (raw.length !== expected) throw damaged('it does not hold as many pixels as it states');

  const count = width * height * channels;
  const data = depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  let at = 0;
  for (const [p, [left, top, across, down]] of passes.entries()) {
    const { columns, rows } = sizes[p]!;
    if (columns <= 0 || rows <= 0) continue;
    const stride = rowBytes(columns);
    let above: Uint8Array = new Uint8Array(stride);
    for (let row = 0; row < rows; row++) {
      const line = raw.subarray(at + 1, at + 1 + stride);
      if (!unfilter(raw[at]!, line, above, Math.max(1, (channels * depth) >> 3)))
        throw damaged('a row has an unknown filter');
      const to = (top + row * down) * width;
      if (depth === 8 && !interlaced) data.set(line, to * channels);
      else
        for (let i = 0; i < columns * channels; i++) {
          const pixel = to + left + Math.floor(i / channels) * across;
          data[pixel * channels + (i % channels)] = sample(line, i, depth);
        }
      above = line;
      at += 1 + stride;
    }
  }
  return { width, height, channels, depth, data, palette: colourType === 3 ? palette : null };
}

export function tooLarge(name: string, width: number, height: number, limit: number): FileError {
  return new FileError(
    name,
    `is ${width} × ${height} pixels, above the limit of ${limit}; cut or shrink it, or raise limitInputPixels if you trust it`,
  );
}

function sample(line: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return line[index]!;
  if (depth === 16) return (line[2 * index]! << 8) | line[2 * index + 1]!;
  const bit = index * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Undoes a row's filter in place; false where the filter does not exist. `step` is the bytes to the pixel on the left. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): boolean {
  if (filter > 4) return false;
  if (filter === 0) return true;
  for (let i = 0; i < line.length; i++) {
    const left = i >= step ? line[i - step]! : 0;
    const up = above[i]!;
    if (filter === 1) line[i]! += left;
    else if (filter === 2) line[i]! += up;
    else if (filter === 3) line[i]! += (left + up) >> 1;
    else line[i]! += paeth(left, up, i >= step ? above[i - step]! : 0);
  }
  return true;
}

/** Whichever of the three neighbours is nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [byLeft, byUp, byCorner] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}
