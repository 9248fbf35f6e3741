import { check } from '@hourglass/core';
import { createImage, createMask, type RgbImage, type SegmentationExample, type Size } from '../image.js';
import type { Colour } from '../palette.js';
import { cropImage, cropMask, resizeImage, resizeMask } from '../resample.js';
import type { Augmentation } from './augmentation.js';

/** What fills the places that come from outside the picture. */
export interface FillOptions {
  /** Id of such pixels in the mask: the data set's ignored one. Default 255. */
  readonly ignoreIndex?: number;
  /** Their colour. Default the mean of ImageNet, which normalises to about zero. */
  readonly fill?: Colour;
}

const meanColour: Colour = [124, 116, 104];

/** Mirrors left and right with probability `horizontal` (default 0.5), top and bottom with `vertical` (default 0). */
export function randomFlip({ horizontal = 0.5, vertical = 0 } = {}): Augmentation {
  checkProbability('horizontal', horizontal);
  checkProbability('vertical', vertical);
  return (example, generator) => {
    const across = generator.uniform() < horizontal;
    const down = generator.uniform() < vertical;
    return across || down ? flipExample(example, across, down) : example;
  };
}

/** Mirrors an example. */
export function flipExample(
  { name, image, mask }: SegmentationExample,
  across: boolean,
  down: boolean,
): SegmentationExample {
  const { width, height } = image;
  const flippedImage = createImage(width, height);
  const flippedMask = createMask(width, height, 0, mask);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (down ? height - 1 - y : y) * width + (across ? width - 1 - x : x);
      const to = y * width + x;
      flippedMask.data[to] = mask.data[from]!;
      for (let c = 0; c < 3; c++) flippedImage.data[to * 3 + c] = image.data[from * 3 + c]!;
    }
  }
  return { name, image: flippedImage, mask: flippedMask };
}

/**
 * Scales by a factor drawn from `range`, evenly on a logarithmic scale. With `cover`, factor 1 is the smallest scale at which the
 * picture covers that size.
 */
export function randomScale({ range, cover }: { range: readonly [number, number]; cover?: Size }): Augmentation {
  const [low, high] = range;
  check(low > 0 && high >= low, `a range of scales must rise from above 0, got ${low} … ${high}`);
  return ({ name, image, mask }, generator) => {
    const factor = Math.exp(generator.uniform(Math.log(low), Math.log(high)));
    const base = cover === undefined ? 1 : Math.max(cover.width / image.width, cover.height / image.height);
    const size = {
      width: Math.max(1, Math.round(image.width * factor * base)),
      height: Math.max(1, Math.round(image.height * factor * base)),
    };
    return { name, image: resizeImage(image, size), mask: resizeMask(mask, size) };
  };
}

/** Cuts a rectangle of this size out at a random place; a picture that is too small lies at a random place in the fill. */
export function randomCrop(size: Size, { ignoreIndex = 255, fill = meanColour }: FillOptions = {}): Augmentation {
  return ({ name, image, mask }, generator) => {
    const place = (have: number, want: number): number => {
      const slack = Math.abs(have - want);
      return generator.integer(0, slack + 1) * (have >= want ? 1 : -1);
    };
    const left = place(image.width, size.width);
    const top = place(image.height, size.height);
    const box = {
      left: Math.max(0, left),
      top: Math.max(0, top),
      width: Math.min(size.width, image.width),
      height: Math.min(size.height, image.height),
    };
    const cut = { name, image: cropImage(image, box), mask: cropMask(mask, box) };
    if (box.width === size.width && box.height === size.height) return cut;
    return place2d(cut, size, Math.max(0, -left), Math.max(0, -top), ignoreIndex, fill);
  };
}

function place2d(
  { name, image, mask }: SegmentationExample,
  size: Size,
  left: number,
  top: number,
  ignoreIndex: number,
  fill: Colour,
): SegmentationExample {
  const canvas = filledImage(size, fill);
  const ids = createMask(size.width, size.height, ignoreIndex, mask);
  for (let y = 0; y < image.height; y++) {
    const to = (top + y) * size.width + left;
    canvas.data.set(image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3), to * 3);
    ids.data.set(mask.data.subarray(y * mask.width, (y + 1) * mask.width), to);
  }
  return { name, image: canvas, mask: ids };
}

function filledImage({ width, height }: Size, [red, green, blue]: Colour): RgbImage {
  const image = createImage(width, height);
  for (let i = 0; i < image.data.length; i += 3) {
    image.data[i] = red;
    image.data[i + 1] = green;
    image.data[i + 2] = blue;
  }
  return image;
}

/** Turns about the centre by up to `degrees` either way, keeping the size. */
export function randomRotation(
  degrees: number,
  { ignoreIndex = 255, fill = meanColour }: FillOptions = {},
): Augmentation {
  check(degrees >= 0 && degrees <= 180, `degrees must be between 0 and 180, got ${degrees}`);
  return (example, generator) => rotateExample(example, generator.uniform(-degrees, degrees), ignoreIndex, fill);
}

/** Turns an example anticlockwise about its centre: the image bilinear, the mask nearest. */
export function rotateExample(
  { name, image, mask }: SegmentationExample,
  degrees: number,
  ignoreIndex = 255,
  fill: Colour = meanColour,
): SegmentationExample {
  const { width, height } = image;
  const turned = filledImage(image, fill);
  const ids = createMask(width, height, ignoreIndex, mask);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sx = cx + cos * (x - cx) - sin * (y - cy);
      const sy = cy + sin * (x - cx) + cos * (y - cy);
      const nearX = Math.round(sx);
      const nearY = Math.round(sy);
      if (nearX < 0 || nearY < 0 || nearX >= width || nearY >= height) continue;
      const to = y * width + x;
      ids.data[to] = mask.data[nearY * width + nearX]!;
      sampleBilinear(image, sx, sy, turned.data, to * 3);
    }
  }
  return { name, image: turned, mask: ids };
}

/** The colour at a place between pixels; beyond the border the border's. */
function sampleBilinear({ width, height, data }: RgbImage, x: number, y: number, out: Uint8Array, to: number): void {
  const left = Math.min(Math.max(Math.floor(x), 0), width - 1);
  const top = Math.min(Math.max(Math.floor(y), 0), height - 1);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const fx = Math.min(Math.max(x - left, 0), 1);
  const fy = Math.min(Math.max(y - top, 0), 1);
  for (let c = 0; c < 3; c++) {
    const above = data[(top * width + left) * 3 + c]! * (1 - fx) + data[(top * width + right) * 3 + c]! * fx;
    const below = data[(bottom * width + left) * 3 + c]! * (1 - fx) + data[(bottom * width + right) * 3 + c]! * fx;
    out[to + c] = above * (1 - fy) + below * fy + 0.5;
  }
}

function checkProbability(what: string, value: number): void {
  check(value >= 0 && value <= 1, `${what} must be a probability between 0 and 1, got ${value}`);
}
