import { check } from '@hourglass/core';

/** A colour picture in memory: rows of red, green and blue bytes, top row first. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  /** height · width · 3 bytes, interleaved. */
  readonly data: Uint8Array;
}

/** A picture of class ids, one a pixel, top row first. */
export interface LabelMask {
  readonly width: number;
  readonly height: number;
  /** height · width ids. */
  readonly data: Uint8Array | Uint16Array;
}

/** A picture with the class of each of its pixels. */
export interface SegmentationExample {
  /** Where it comes from, without its extension; unique in its data set. */
  readonly name: string;
  readonly image: RgbImage;
  readonly mask: LabelMask;
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A black picture. */
export function createImage(width: number, height: number): RgbImage {
  checkSize({ width, height });
  return { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
}

/** A mask filled with one id, in the type of `like` (bytes without it). */
export function createMask(width: number, height: number, fill = 0, like?: LabelMask): LabelMask {
  checkSize({ width, height });
  const wide = fill > 255 || like?.data instanceof Uint16Array;
  const data = wide ? new Uint16Array(width * height) : new Uint8Array(width * height);
  return { width, height, data: data.fill(fill) };
}

/** Throws unless both lengths are positive integers. */
export function checkSize({ width, height }: Size): void {
  check(
    Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0,
    `width and height must be positive integers, got ${width} × ${height}`,
  );
}

/** Throws unless the two cover the same pixels. */
export function checkSameSize(image: RgbImage, mask: LabelMask): void {
  check(
    image.width === mask.width && image.height === mask.height,
    () => `the picture is ${image.width} × ${image.height}, its mask ${mask.width} × ${mask.height}`,
  );
}
