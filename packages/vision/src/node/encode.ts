import sharp from 'sharp';
import { InvalidArgumentError } from '@hourglass/core';
import type { LabelMask, RgbImage } from '../data/image.js';
import { writeAtomically } from '@hourglass/core/node';

/** A picture, or a mask with its ids as grey values (8 bits, 16 where an id is above 255), as the bytes of a PNG. */
export async function pngBytes(picture: RgbImage | LabelMask): Promise<Uint8Array> {
  const { width, height, data } = picture;
  const channels = 'channels' in picture ? 3 : 1;
  if (data.length !== width * height * channels) {
    throw new InvalidArgumentError(
      `a picture of ${width} × ${height} with ${channels} channels has ${width * height * channels} values, not ${data.length}`,
    );
  }
  const pipeline = sharp(data, { raw: { width, height, channels } });
  if (channels === 1) pipeline.toColourspace(data instanceof Uint16Array ? 'grey16' : 'b-w');
  return pipeline.png({ compressionLevel: 6, palette: false }).toBuffer();
}

/** Writes a picture or a mask as PNG, whole or not at all; makes the folder. */
export async function encodePng(picture: RgbImage | LabelMask, path: string): Promise<void> {
  await writeAtomically(path, await pngBytes(picture));
}
