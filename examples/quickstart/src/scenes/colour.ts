import type { Generator } from '@hourglass/core';

/** Red, green and blue, 0 … 1, before light and exposure. */
export type Rgb = readonly [number, number, number];

export function mix(a: Rgb, b: Rgb, part: number): Rgb {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

export function scale(colour: Rgb, factor: number): Rgb {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** Hue 0 … 1 round the circle, saturation and value 0 … 1. */
export function hsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (n: number): number => {
    const k = (n + hue * 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}

/** One of a list. */
export function pick<T>(generator: Generator, list: readonly T[]): T {
  return list[generator.integer(0, list.length)]!;
}

/** The colour, a little off in every channel. */
export function vary(generator: Generator, colour: Rgb, amount = 0.05): Rgb {
  const shade = generator.uniform(-amount, amount);
  const off = (value: number): number =>
    Math.min(1, Math.max(0, value + shade + generator.uniform(-amount, amount) / 2));
  return [off(colour[0]), off(colour[1]), off(colour[2])];
}
