import { checkCount } from '@hourglass/core';
import type { SegmentationExample, Size } from './image.js';
import { cropImage, cropMask, resizeImage, resizeMask } from './resample.js';

/** The largest size not above `size` whose lengths `stride` divides, at least one stride each way. */
export function fitSize({ width, height }: Size, stride: number): Size {
  checkCount('stride', stride);
  const fit = (length: number): number => Math.max(stride, Math.floor(length / stride) * stride);
  return { width: fit(width), height: fit(height) };
}

/**
 * The example in exactly this size: scaled until it covers it, keeping its proportions, then cut at the centre. The image is
 * averaged, the mask takes nearest ids.
 */
export function fitExample(example: SegmentationExample, size: Size): SegmentationExample {
  const { image, mask, name } = example;
  if (image.width === size.width && image.height === size.height) return example;
  const scale = Math.max(size.width / image.width, size.height / image.height);
  const scaled = {
    width: Math.max(size.width, Math.round(image.width * scale)),
    height: Math.max(size.height, Math.round(image.height * scale)),
  };
  const box = {
    ...size,
    left: Math.floor((scaled.width - size.width) / 2),
    top: Math.floor((scaled.height - size.height) / 2),
  };
  return { name, image: cropImage(resizeImage(image, scaled), box), mask: cropMask(resizeMask(mask, scaled), box) };
}
