import { check } from '@hourglass/core';
import { createImage, type RgbImage } from '../image.js';
import type { Augmentation } from './augmentation.js';

/** How far each may move: 0.2 means a factor of 0.8 … 1.2; for hue, a fifth of the circle either way. */
export interface ColourJitterOptions {
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
  readonly hue?: number;
}

/** Factors for brightness, contrast and saturation (1 changes nothing), and hue as a part of the circle. */
export interface ColourChange {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

const luma = [0.299, 0.587, 0.114] as const;

/** Random brightness, contrast, saturation and hue of the image; the mask stays. */
export function colourJitter(options: ColourJitterOptions): Augmentation {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
  for (const [name, value, most] of [
    ['brightness', brightness, 1],
    ['contrast', contrast, 1],
    ['saturation', saturation, 1],
    ['hue', hue, 0.5],
  ] as const) {
    check(value >= 0 && value <= most, `${name} must be between 0 and ${most}, got ${value}`);
  }
  return (example, generator) => {
    const change = {
      brightness: generator.uniform(1 - brightness, 1 + brightness),
      contrast: generator.uniform(1 - contrast, 1 + contrast),
      saturation: generator.uniform(1 - saturation, 1 + saturation),
      hue: generator.uniform(-hue, hue),
    };
    return { ...example, image: changeColours(example.image, change) };
  };
}

/**
 * Brightness, then contrast about the picture's mean grey, then saturation and hue about each pixel's grey. All four are affine in
 * the colour (hue turns the chroma plane of YIQ), so together they are one 3 × 4 matrix.
 */
export function changeColours(image: RgbImage, { brightness, contrast, saturation, hue }: ColourChange): RgbImage {
  const { width, height, data } = image;
  let grey = 0;
  if (contrast !== 1) {
    for (let i = 0; i < data.length; i += 3) {
      grey += luma[0] * data[i]! + luma[1] * data[i + 1]! + luma[2] * data[i + 2]!;
    }
    grey /= data.length / 3;
  }
  const m = chromaMatrix(saturation, hue).map((value) => value * brightness * contrast);
  // grey is fixed by the chroma matrix, so that the shift of the contrast passes through it unchanged
  const shift = (1 - contrast) * brightness * grey + 0.5;
  const result = createImage(width, height);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    result.data[i] = clamp(m[0]! * r + m[1]! * g + m[2]! * b + shift);
    result.data[i + 1] = clamp(m[3]! * r + m[4]! * g + m[5]! * b + shift);
    result.data[i + 2] = clamp(m[6]! * r + m[7]! * g + m[8]! * b + shift);
  }
  return result;
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Scales and turns the two chroma axes of YIQ (NTSC, 1953), leaving the luma. */
function chromaMatrix(saturation: number, hue: number): number[] {
  const [cos, sin] = [saturation * Math.cos(2 * Math.PI * hue), saturation * Math.sin(2 * Math.PI * hue)];
  const toI = [0.5959, -0.2746, -0.3213];
  const toQ = [0.2115, -0.5227, 0.3112];
  const back = inverseYiq([...luma, ...toI, ...toQ]);
  const result: number[] = [];
  for (let row = 0; row < 3; row++) {
    const [fromY, fromI, fromQ] = [back[row * 3]!, back[row * 3 + 1]!, back[row * 3 + 2]!];
    for (let c = 0; c < 3; c++) {
      const i = cos * toI[c]! - sin * toQ[c]!;
      const q = sin * toI[c]! + cos * toQ[c]!;
      result.push(fromY * luma[c]! + fromI * i + fromQ * q);
    }
  }
  return result;
}

/** Inverse of a 3 × 3 matrix by cofactors, so that no change of hue and saturation is exactly no change. */
function inverseYiq(m: readonly number[]): number[] {
  const cofactor = (r: number, c: number): number => {
    const at = (i: number, j: number): number => m[((r + i) % 3) * 3 + ((c + j) % 3)]!;
    return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
  };
  const determinant = [0, 1, 2].reduce((sum, c) => sum + m[c]! * cofactor(0, c), 0);
  return [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => cofactor(column, row) / determinant));
}
