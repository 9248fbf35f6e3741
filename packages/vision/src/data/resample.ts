import { check } from '@hourglass/core';
import { checkSize, createImage, createMask, type LabelMask, type RgbImage, type Size } from './image.js';

/** For each target pixel: the first source pixel that it averages, and the weights of that and the following ones. */
interface Taps {
  readonly start: Int32Array;
  readonly weights: readonly Float32Array[];
}

/** Triangle filter, widened when shrinking: bilinear with antialiasing, pixel centres at the half. */
function triangleTaps(source: number, target: number): Taps {
  const scale = source / target;
  const radius = Math.max(scale, 1);
  const start = new Int32Array(target);
  const weights = Array.from({ length: target }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - radius + 0.5));
    const end = Math.min(source, Math.trunc(centre + radius + 0.5));
    start[i] = first;
    const row = Float32Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k + 0.5 - centre) / radius)),
    );
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((weight) => weight / sum);
  });
  return { start, weights };
}

/** The picture in another size: bilinear, with antialiasing when it shrinks. */
export function resizeImage(image: RgbImage, size: Size): RgbImage {
  checkSize(size);
  const { width, height } = size;
  if (width === image.width && height === image.height) return image;
  const across = triangleTaps(image.width, width);
  const down = triangleTaps(image.height, height);
  const narrow = new Float32Array(image.height * width * 3);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      let [r, g, b] = [0, 0, 0];
      let from = (y * image.width + across.start[x]!) * 3;
      for (const weight of across.weights[x]!) {
        r += weight * image.data[from]!;
        g += weight * image.data[from + 1]!;
        b += weight * image.data[from + 2]!;
        from += 3;
      }
      const to = (y * width + x) * 3;
      narrow[to] = r;
      narrow[to + 1] = g;
      narrow[to + 2] = b;
    }
  }
  const result = createImage(width, height);
  const row = new Float32Array(width * 3);
  for (let y = 0; y < height; y++) {
    row.fill(0);
    for (const [k, weight] of down.weights[y]!.entries()) {
      const from = (down.start[y]! + k) * width * 3;
      for (let i = 0; i < row.length; i++) row[i]! += weight * narrow[from + i]!;
    }
    for (let i = 0; i < row.length; i++) result.data[y * width * 3 + i] = row[i]! + 0.5;
  }
  return result;
}

/** The mask in another size: each pixel takes the id under its centre, so that it stays aligned with {@link resizeImage}. */
export function resizeMask(mask: LabelMask, size: Size): LabelMask {
  checkSize(size);
  const { width, height } = size;
  if (width === mask.width && height === mask.height) return mask;
  const result = createMask(width, height, 0, mask);
  const column = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * mask.width) / width));
  for (let y = 0; y < height; y++) {
    const from = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++) result.data[y * width + x] = mask.data[from + column[x]!]!;
  }
  return result;
}

/** A rectangle of a picture: left and top pixel, width and height. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

function checkBox({ left, top, width, height }: Box, size: Size): void {
  checkSize({ width, height });
  check(
    Number.isInteger(left) && Number.isInteger(top) && left >= 0 && top >= 0,
    `a crop must start at whole pixels inside the picture, got (${left}, ${top})`,
  );
  check(
    left + width <= size.width && top + height <= size.height,
    `a crop of ${width} × ${height} at (${left}, ${top}) leaves the picture of ${size.width} × ${size.height}`,
  );
}

/** A rectangle cut out of a picture. */
export function cropImage(image: RgbImage, box: Box): RgbImage {
  checkBox(box, image);
  const result = createImage(box.width, box.height);
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * image.width + box.left) * 3;
    result.data.set(image.data.subarray(from, from + box.width * 3), y * box.width * 3);
  }
  return result;
}

/** A rectangle cut out of a mask. */
export function cropMask(mask: LabelMask, box: Box): LabelMask {
  checkBox(box, mask);
  const result = createMask(box.width, box.height, 0, mask);
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * mask.width + box.left;
    result.data.set(mask.data.subarray(from, from + box.width), y * box.width);
  }
  return result;
}
