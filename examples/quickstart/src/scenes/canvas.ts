import type { Generator } from '@hourglass/core';
import type { SegmentationExample } from '@hourglass/vision';
import type { Rgb } from './colour.js';

export type Point = readonly [x: number, y: number];

/** A sample's colour while it is being made. */
export interface Ink {
  r: number;
  g: number;
  b: number;
  /** Distance in metres, for the haze. */
  depth: number;
  /** The class, where one shader paints several. */
  label: number;
}

/** Sets the ink for a place of the picture; false leaves what is there. */
export type Shader = (x: number, y: number, ink: Ink) => boolean | void;

export function setInk(ink: Ink, colour: Rgb, factor = 1): void {
  ink.r = colour[0] * factor;
  ink.g = colour[1] * factor;
  ink.b = colour[2] * factor;
}

/** {@link setInk} with a colour between two. */
export function mixInk(ink: Ink, a: Rgb, b: Rgb, part: number, factor = 1): void {
  ink.r = (a[0] + (b[0] - a[0]) * part) * factor;
  ink.g = (a[1] + (b[1] - a[1]) * part) * factor;
  ink.b = (a[2] + (b[2] - a[2]) * part) * factor;
}

/** How the camera and the air change what is seen. */
export interface Atmosphere {
  readonly haze: Rgb;
  /** Metres after which two thirds are haze. */
  readonly sight: number;
  readonly tint: Rgb;
  /** Deviation of the sensor's noise. */
  readonly grain: number;
  /** 0 sharp … 1 soft. */
  readonly softness: number;
}

const samples = 3;

/**
 * Colours and classes on a grid three times as fine as the picture. What is painted later hides what was painted before. The picture
 * averages the samples; the mask takes the one in the middle of each pixel, so that it is exact.
 */
export class Canvas {
  readonly #columns: number;
  readonly #rows: number;
  readonly #colours: Float32Array;
  readonly #labels: Uint8Array;
  readonly #ink: Ink = { r: 0, g: 0, b: 0, depth: 0, label: 0 };

  constructor(
    readonly width: number,
    readonly height: number,
    readonly air: Atmosphere,
  ) {
    this.#columns = width * samples;
    this.#rows = height * samples;
    this.#colours = new Float32Array(this.#columns * this.#rows * 3);
    this.#labels = new Uint8Array(this.#columns * this.#rows);
  }

  /** Paints a convex polygon given in pixels, in either direction. */
  polygon(points: readonly Point[], label: number, shader: Shader): void {
    const [first, last] = this.#rowsBetween(points);
    for (let row = first; row <= last; row++) {
      const span = this.#crossings(points, (row + 0.5) / samples);
      this.#paint(row, span.left, span.right, label, shader);
    }
  }

  /** Paints an ellipse. */
  ellipse(cx: number, cy: number, rx: number, ry: number, label: number, shader: Shader): void {
    const first = Math.max(0, Math.ceil((cy - ry) * samples - 0.5));
    const last = Math.min(this.#rows - 1, Math.floor((cy + ry) * samples - 0.5));
    for (let row = first; row <= last; row++) {
      const half = rx * Math.sqrt(Math.max(0, 1 - (((row + 0.5) / samples - cy) / ry) ** 2));
      this.#paint(row, cx - half, cx + half, label, shader);
    }
  }

  /** Darkens a convex polygon where one of `labels` was painted. */
  shadow(points: readonly Point[], factor: number, labels: readonly number[]): void {
    const [first, last] = this.#rowsBetween(points);
    for (let row = first; row <= last; row++) {
      const { left, right } = this.#crossings(points, (row + 0.5) / samples);
      const end = row * this.#columns + Math.min(this.#columns - 1, Math.floor(right * samples - 0.5));
      for (let at = row * this.#columns + Math.max(0, Math.ceil(left * samples - 0.5)); at <= end; at++) {
        if (!labels.includes(this.#labels[at]!)) continue;
        this.#colours[at * 3]! *= factor;
        this.#colours[at * 3 + 1]! *= factor;
        this.#colours[at * 3 + 2]! *= factor;
      }
    }
  }

  /** Paints the samples of a row whose centres lie between two places. The shader runs for each of them: no closures here. */
  #paint(row: number, left: number, right: number, label: number, shader: Shader): void {
    const first = Math.max(0, Math.ceil(left * samples - 0.5));
    const last = Math.min(this.#columns - 1, Math.floor(right * samples - 0.5));
    const { haze, sight } = this.air;
    const [ink, colours, y] = [this.#ink, this.#colours, (row + 0.5) / samples];
    for (let column = first, at = row * this.#columns + first; column <= last; column++, at++) {
      ink.depth = 0;
      ink.label = label;
      if (shader((column + 0.5) / samples, y, ink) === false) continue;
      const part = ink.depth > 0 ? 1 - Math.exp(-ink.depth / sight) : 0;
      this.#labels[at] = ink.label;
      colours[at * 3] = ink.r + (haze[0] - ink.r) * part;
      colours[at * 3 + 1] = ink.g + (haze[1] - ink.g) * part;
      colours[at * 3 + 2] = ink.b + (haze[2] - ink.b) * part;
    }
  }

  #rowsBetween(points: readonly Point[]): [number, number] {
    let [low, high] = [Infinity, -Infinity];
    for (const [, y] of points) [low, high] = [Math.min(low, y), Math.max(high, y)];
    return [Math.max(0, Math.ceil(low * samples - 0.5)), Math.min(this.#rows - 1, Math.floor(high * samples - 0.5))];
  }

  /** Where a line across meets the polygon. */
  #crossings(points: readonly Point[], y: number): { readonly left: number; readonly right: number } {
    let left = Infinity;
    let right = -Infinity;
    let a = points[points.length - 1]!;
    for (const b of points) {
      if (a[1] > y !== b[1] > y) {
        const x = a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]);
        left = Math.min(left, x);
        right = Math.max(right, x);
      }
      a = b;
    }
    return { left, right };
  }

  /** The photograph: averaged, softened, tinted, with noise; and its mask. */
  develop(name: string, generator: Generator): SegmentationExample {
    const { width, height } = this;
    const light = this.#average();
    const data = new Uint8Array(width * height * 3);
    const mask = new Uint8Array(width * height);
    const { tint, grain, softness } = this.air;
    // weights of a pixel, and of its neighbours beside and across
    const [own, side, corner] = [1 - softness * 0.6, softness * 0.11, softness * 0.04];
    let word = generator.uint32() | 1;
    for (let y = 0; y < height; y++) {
      const up = y > 0 ? -3 * width : 0;
      const down = y < height - 1 ? 3 * width : 0;
      for (let x = 0; x < width; x++) {
        const left = x > 0 ? -3 : 0;
        const right = x < width - 1 ? 3 : 0;
        const at = y * width + x;
        mask[at] = this.#labels[(y * samples + 1) * this.#columns + x * samples + 1]!;
        const vignette = 1 - 0.16 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2);
        for (let c = 0, i = at * 3; c < 3; c++, i++) {
          const soft =
            own * light[i]! +
            side * (light[i + left]! + light[i + right]! + light[i + up]! + light[i + down]!) +
            corner *
              (light[i + up + left]! + light[i + up + right]! + light[i + down + left]! + light[i + down + right]!);
          // xorshift (Marsaglia, 2003); two bytes of it are noise enough
          word ^= word << 13;
          word ^= word >>> 17;
          word ^= word << 5;
          const noise = ((word & 255) + ((word >>> 8) & 255) - 255) / 104;
          data[i] = 255 * Math.min(1, Math.max(0, soft * tint[c]! * vignette + noise * grain)) + 0.5;
        }
      }
    }
    return { name, image: { width, height, channels: 3, data }, mask: { width, height, data: mask } };
  }

  #average(): Float32Array {
    const result = new Float32Array(this.width * this.height * 3);
    const line = this.#columns * 3;
    const share = 1 / (samples * samples);
    for (let y = 0, to = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        for (let c = 0; c < 3; c++, to++) {
          let sum = 0;
          for (let from = (y * this.#columns + x) * samples * 3 + c, row = 0; row < samples; row++, from += line) {
            for (let column = 0; column < samples; column++) sum += this.#colours[from + column * 3]!;
          }
          result[to] = sum * share;
        }
      }
    }
    return result;
  }
}
