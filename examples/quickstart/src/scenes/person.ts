import type { Generator } from '@hourglass/core';
import { setInk, type Canvas, type Point } from './canvas.js';
import { label } from './classes.js';
import { hsv, pick, vary, type Rgb } from './colour.js';
import { brightness, type Street } from './street.js';

export interface Person {
  readonly x: number;
  readonly z: number;
  readonly height: number;
  readonly skin: Rgb;
  readonly hair: Rgb;
  readonly top: Rgb;
  readonly legs: Rgb;
  /** How far the legs are apart, and which way it walks. */
  readonly stride: number;
  /** Coat down to here, as a part of the height. */
  readonly hem: number;
}

export function planPerson(generator: Generator, x: number, z: number): Person {
  const cloth = (): Rgb => hsv(generator.uniform(), generator.uniform(0.4, 0.95), generator.uniform(0.25, 0.85));
  return {
    x,
    z,
    height: generator.uniform(1.55, 1.95),
    skin: vary(
      generator,
      pick<Rgb>(generator, [
        [0.85, 0.66, 0.55],
        [0.7, 0.5, 0.38],
        [0.45, 0.3, 0.22],
        [0.9, 0.75, 0.65],
      ]),
    ),
    hair: vary(
      generator,
      pick<Rgb>(generator, [
        [0.1, 0.08, 0.07],
        [0.3, 0.2, 0.12],
        [0.7, 0.6, 0.4],
        [0.5, 0.5, 0.5],
      ]),
    ),
    top: cloth(),
    legs: cloth(),
    stride: generator.uniform(-0.16, 0.16),
    hem: generator.uniform(0.36, 0.5),
  };
}

/** Legs, arms, body and head as simple shapes. */
export function paintPerson(canvas: Canvas, street: Street, person: Person): void {
  const { camera, light } = street;
  const { x, z, height, skin, hair, top, legs, stride, hem } = person;
  const metre = camera.scaleAt(z) * (height / 1.75);
  const [cx, foot] = camera.project(x, 0, z);
  const lit = brightness(light, 0, 0.3, -0.9);
  const at = (right: number, up: number): Point => [cx + right * 1.15 * metre, foot - up * 1.75 * metre];
  const shape = (points: readonly Point[], colour: Rgb) =>
    canvas.polygon(points, label.person, (px, _y, ink) => {
      ink.depth = z;
      setInk(ink, colour, lit * (1 + ((px - cx) / metre) * 0.5 * light.sun[0]));
    });
  for (const [side, colour] of [
    [-1, 0.85],
    [1, 1],
  ] as const) {
    const end = side * (0.07 + stride);
    const cloth: Rgb = [legs[0] * colour, legs[1] * colour, legs[2] * colour];
    shape([at(side * 0.02 - 0.1, 0.5), at(side * 0.02 + 0.12, 0.5), at(end + 0.11, 0.02), at(end - 0.11, 0.02)], cloth);
    shape([at(end - 0.09, 0.035), at(end + 0.11, 0.035), at(end + 0.12, 0), at(end - 0.1, 0)], [0.1, 0.09, 0.09]);
  }
  for (const side of [-1, 1]) {
    const hand = side * 0.24 - stride * side;
    shape(
      [at(side * 0.17 - 0.05, 0.8), at(side * 0.17 + 0.06, 0.8), at(hand + 0.05, 0.46), at(hand - 0.05, 0.46)],
      top,
    );
  }
  shape([at(-0.2, 0.79), at(-0.13, 0.83), at(0.13, 0.83), at(0.2, 0.79), at(0.17, hem), at(-0.17, hem)], top);
  shape([at(-0.05, 0.86), at(0.05, 0.86), at(0.06, 0.81), at(-0.06, 0.81)], skin);
  const [hx, hy] = at(0, 0.925);
  const head = (dx: number, dy: number, rx: number, ry: number, colour: Rgb) =>
    canvas.ellipse(hx + dx * metre, hy + dy * metre, rx * metre, ry * metre, label.person, (_x, _y, ink) => {
      ink.depth = z;
      setInk(ink, colour, lit);
    });
  head(0, -0.02, 0.105, 0.13, hair);
  head(stride * 0.15, 0.02, 0.09, 0.105, skin);
}
