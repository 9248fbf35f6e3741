/** Red, green, blue: 0 … 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Colours by class id. */
export type Palette = readonly Colour[];

/**
 * Pascal VOC's colour map: the bits of the id are dealt out to red, green and blue in turn, highest bit first. Entry 255 is the
 * cream of the borders that its masks leave out.
 */
export function vocPalette(length = 21): Colour[] {
  return Array.from({ length }, (_, id): Colour => {
    let [red, green, blue] = [0, 0, 0];
    for (let rest = id, bit = 7; rest > 0; rest >>= 3, bit--) {
      red |= (rest & 1) << bit;
      green |= ((rest >> 1) & 1) << bit;
      blue |= ((rest >> 2) & 1) << bit;
    }
    return [red, green, blue];
  });
}

/** Colours for classes that bring none: steps of the golden angle round the colour circle, in three brightnesses. */
export function distinctPalette(length: number): Colour[] {
  return Array.from({ length }, (_, id): Colour => {
    const hue = (id * 137.508 + 210) % 360;
    const [saturation, lightness] = [0.62 - 0.1 * (id % 2), [0.55, 0.4, 0.7][id % 3]!];
    const reach = saturation * Math.min(lightness, 1 - lightness);
    const channel = (n: number): number => {
      const k = (n + hue / 30) % 12;
      return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
    };
    return [channel(0), channel(8), channel(4)];
  });
}
