import sharp, { type Metadata } from 'sharp';
import { FileError } from '@hourglass/core';
import type { RgbImage, Size } from '../data/image.js';
import { fileError, readBytes } from '@hourglass/core/node';
import { tooLarge } from './png-samples.js';

export interface DecodeOptions {
  /** Pictures with more pixels are refused before they are unpacked. Default 2²⁸, 268 million. */
  readonly limitInputPixels?: number;
  /** What errors call bytes that came without a path. */
  readonly name?: string;
}

export const defaultPixelLimit = 0x10000000;

/** Bytes to decode and what to call them. */
export async function source(
  input: string | Uint8Array,
  name?: string,
): Promise<{ readonly bytes: Uint8Array; readonly name: string }> {
  if (typeof input === 'string') return { bytes: await readBytes(input), name: name ?? input };
  if (input.length === 0) throw new FileError(name ?? 'picture', 'is empty (0 bytes)');
  return { bytes: input, name: name ?? 'picture' };
}

/** Width and height as the picture stands upright, from its header alone. */
export async function imageSize(input: string | Uint8Array, options: DecodeOptions = {}): Promise<Size> {
  const { bytes, name } = await source(input, options.name);
  const { autoOrient } = await metadata(bytes, name);
  return { width: autoOrient.width, height: autoOrient.height };
}

/**
 * Decodes a picture (JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG …) to 8-bit sRGB. Upright as its EXIF tag says; CMYK and
 * embedded profiles are converted; 16 bits become 8; grey becomes three equal channels; alpha is dropped, as PIL's
 * `convert('RGB')` does; of an animation the first frame is taken.
 * @throws FileError naming the file when it is missing, empty, truncated, no picture, or larger than the limit
 */
export async function decodeImage(input: string | Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  const { bytes, name } = await source(input, options.name);
  const limit = options.limitInputPixels ?? defaultPixelLimit;
  const { width, height } = await metadata(bytes, name);
  if (width * height > limit) throw tooLarge(name, width, height, limit);
  try {
    const { data, info } = await sharp(bytes, { ...lenient, limitInputPixels: limit })
      .autoOrient()
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: 3, data: threeChannels(data, info.channels) };
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** 'error' stops at truncated and broken files, and lets pass what a decoder only remarks on. */
export const lenient = { failOn: 'error', pages: 1, animated: false, limitInputChannels: 5 } as const;

/** The header, read without a limit so that the error can say how large the picture is. */
export async function metadata(bytes: Uint8Array, name: string): Promise<Metadata> {
  return sharp(bytes, { ...lenient, limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw unreadable(name, error);
    });
}

export function unreadable(name: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').trim() : String(error);
  if (/unsupported image format/i.test(reason)) {
    return new FileError(
      name,
      'is not a picture in a format that can be read (PNG, JPEG, WebP, TIFF, GIF, AVIF); convert or remove it',
      {
        cause: error,
      },
    );
  }
  return fileError(
    name,
    new Error(`cannot be decoded, it is truncated or damaged (${reason}); copy or export it again`, { cause: error }),
  );
}

function threeChannels(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const result = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < data.length / channels; i++) result.fill(data[i * channels]!, i * 3, i * 3 + 3);
  return result;
}
