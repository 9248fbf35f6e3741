import { check } from '@hourglass/core';
import type { RgbImage } from './image.js';

/** How a model wants its pictures. Plain JSON, kept in the model's config. */
export interface Preprocessing {
  /** Subtracted from red, green and blue, after these were scaled to 0 … 1. */
  readonly mean: readonly [number, number, number];
  /** Divides what remains. */
  readonly std: readonly [number, number, number];
}

/** The mean and deviation of ImageNet, as nearly every public vision checkpoint has it. */
export const imagenetPreprocessing: Preprocessing = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** Throws unless these are three finite means and three positive deviations. */
export function checkPreprocessing({ mean, std }: Preprocessing): void {
  check(
    mean.length === 3 &&
      std.length === 3 &&
      mean.every(Number.isFinite) &&
      std.every((s) => Number.isFinite(s) && s > 0),
    `preprocessing needs three means and three positive deviations, got [${mean.join(', ')}] and [${std.join(', ')}]`,
  );
}

/** For each channel, what each of the 256 byte values becomes: looking up is faster than dividing. */
export function normalisationTables({ mean, std }: Preprocessing): readonly Float32Array[] {
  return mean.map((m, c) => Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / std[c]!));
}

/** The picture as normalised floats, rows of red, green and blue; into `out` from `offset` where given. */
export function normaliseImage(
  image: RgbImage,
  preprocessing: Preprocessing = imagenetPreprocessing,
  out = new Float32Array(image.data.length),
  offset = 0,
): Float32Array {
  const [red, green, blue] = normalisationTables(preprocessing) as [Float32Array, Float32Array, Float32Array];
  for (let i = 0; i < image.data.length; i += 3) {
    out[offset + i] = red[image.data[i]!]!;
    out[offset + i + 1] = green[image.data[i + 1]!]!;
    out[offset + i + 2] = blue[image.data[i + 2]!]!;
  }
  return out;
}
