import { check } from '@hourglass/core';
import { checkSameSize, createImage, type LabelMask, type RgbImage } from './image.js';
import type { Colour, Palette } from './palette.js';

/** Ids without an entry, the ignored one among them. */
const unknownColour: Colour = [224, 224, 192];

/** The mask in the colours of its classes; ids beyond the palette are cream. */
export function colourise(mask: LabelMask, palette: Palette): RgbImage {
  const picture = createImage(mask.width, mask.height);
  for (let i = 0; i < mask.data.length; i++) picture.data.set(palette[mask.data[i]!] ?? unknownColour, i * 3);
  return picture;
}

/** The picture with its classes laid over it; `alpha` 0 shows the picture alone, 1 the classes alone. */
export function overlay(image: RgbImage, mask: LabelMask, palette: Palette, alpha = 0.5): RgbImage {
  checkSameSize(image, mask);
  check(alpha >= 0 && alpha <= 1, `alpha must be between 0 and 1, got ${alpha}`);
  const picture = createImage(image.width, image.height);
  for (let i = 0; i < mask.data.length; i++) {
    // what has no class stays as it is
    const colour = palette[mask.data[i]!];
    for (let c = i * 3; c < i * 3 + 3; c++) {
      const own = image.data[c]!;
      picture.data[c] = colour === undefined ? own : Math.round(own + alpha * (colour[c - i * 3]! - own));
    }
  }
  return picture;
}
