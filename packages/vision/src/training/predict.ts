import * as tf from '@tensorflow/tfjs-core';
import { evaluationMode, functional, scope } from '@hourglass/core';
import { imagesToTensor } from '../data/batch.js';
import type { LabelMask, RgbImage, Size } from '../data/image.js';
import { resizeImage } from '../data/resample.js';
import type { SegmentationModel } from '../models/segmentation.js';
import type { SegmentationSetup } from '../models/setup.js';

/**
 * Class ids of whole pictures, each at its own size. A picture goes through the network at the scale of training: it is
 * scaled until it covers the training size, and the scores are enlarged bilinearly to the picture's size before the best
 * class of each pixel is taken. Pictures that end up with one size share a batch. For pictures much larger than
 * those of training see `predictMask`, which works in tiles.
 */
export function predictLabels(
  model: SegmentationModel,
  images: readonly RgbImage[],
  { setup = model.setup }: { readonly setup?: SegmentationSetup } = {},
): LabelMask[] {
  const groups = new Map<string, number[]>();
  images.forEach(({ width, height }, i) => {
    const key = `${width}x${height}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  const masks: LabelMask[] = [];
  const restore = evaluationMode(model);
  try {
    for (const indices of groups.values()) {
      const batch = predictBatch(
        model,
        indices.map((i) => images[i]!),
        setup,
      );
      batch.forEach((mask, at) => (masks[indices[at]!] = mask));
    }
  } finally {
    restore();
  }
  return masks;
}

/** The size at which a picture goes through the network: its own, scaled to cover the size of training. */
export function networkSize({ width, height }: Size, size: Size | null): Size {
  if (size === null) return { width, height };
  const scale = Math.max(size.width / width, size.height / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function predictBatch(model: SegmentationModel, images: readonly RgbImage[], setup: SegmentationSetup): LabelMask[] {
  const { width, height } = images[0]!;
  const through = networkSize({ width, height }, setup.size);
  const isSame = through.width === width && through.height === height;
  const inputs = isSame ? images : images.map((image) => resizeImage(image, through));
  const ids = scope(() => {
    const logits = model.forwardAnySize(imagesToTensor(inputs, setup.preprocessing));
    const full = isSame ? logits : functional.interpolate(logits, { size: [height, width], mode: 'bilinear' });
    return tf.argMax(full, -1);
  });
  const values = ids.dataSync<'int32'>();
  ids.dispose();
  const wide = model.config.classes > 256;
  return images.map((_, i) => {
    const part = values.subarray(i * width * height, (i + 1) * width * height);
    return { width, height, data: wide ? Uint16Array.from(part) : Uint8Array.from(part) };
  });
}
