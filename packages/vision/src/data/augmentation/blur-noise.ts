import { check } from '@hourglass/core';
import { createImage, type RgbImage } from '../image.js';
import type { Augmentation } from './augmentation.js';

/** Adds noise of a deviation drawn from 0 … `std` (of 255) to every value of the image. */
export function gaussianNoise(std: number): Augmentation {
  check(std >= 0, `std must not be negative, got ${std}`);
  return (example, generator) => {
    const { width, height, data } = example.image;
    const image = createImage(width, height);
    // The sum of four random bytes is as good as normal here; a xorshift (Marsaglia, 2003) of its own makes them quickly.
    const scale = generator.uniform(0, std) / Math.sqrt((4 * (256 ** 2 - 1)) / 12);
    let word = generator.uint32() | 1;
    for (let i = 0; i < data.length; i++) {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
      const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
      const value = data[i]! + (sum - 510) * scale + 0.5;
      image.data[i] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
    return { ...example, image };
  };
}

/** Blurs the image, with probability `probability`, by a Gaussian whose deviation is drawn from 0.1 … `sigma` pixels. */
export function gaussianBlur(sigma: number, probability = 0.5): Augmentation {
  check(sigma >= 0.1, `sigma must be at least 0.1, got ${sigma}`);
  check(probability >= 0 && probability <= 1, `probability must be between 0 and 1, got ${probability}`);
  return (example, generator) => {
    const chosen = generator.uniform() < probability;
    const width = generator.uniform(0.1, sigma);
    return chosen ? { ...example, image: blurImage(example.image, width) } : example;
  };
}

/** Gaussian blur; the border is repeated. */
export function blurImage(image: RgbImage, sigma: number): RgbImage {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  const { width, height } = image;
  const rows = new Float32Array(image.data.length);
  const pass = (
    from: ArrayLike<number>,
    to: Float32Array | Uint8Array,
    length: number,
    step: number,
    round: number,
  ) => {
    for (let start = 0; start < from.length; start += 3) {
      const at = Math.floor(start / step) % length;
      const first = start - at * step;
      for (let c = 0; c < 3; c++) {
        let value = 0;
        for (let k = -radius; k <= radius; k++) {
          const index = Math.min(Math.max(at + k, 0), length - 1);
          value += kernel[k + radius]! * from[first + index * step + c]!;
        }
        to[start + c] = value / sum + round;
      }
    }
  };
  pass(image.data, rows, width, 3, 0);
  const result = createImage(width, height);
  pass(rows, result.data, height, width * 3, 0.5);
  return result;
}
