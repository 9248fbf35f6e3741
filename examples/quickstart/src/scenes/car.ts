import type { Generator } from '@hourglass/core';
import { setInk, type Canvas, type Point } from './canvas.js';
import { label } from './classes.js';
import { hsv, scale, vary, type Rgb } from './colour.js';
import { brightness, type Street } from './street.js';

export interface Car {
  readonly x: number;
  readonly z: number;
  readonly width: number;
  readonly length: number;
  readonly height: number;
  readonly paint: Rgb;
  /** Drives towards the camera. */
  readonly oncoming: boolean;
  /** Where the cabin begins and ends, as a part of the length from its near end. */
  readonly cabin: readonly [number, number];
}

export function planCar(generator: Generator, x: number, z: number, oncoming: boolean): Car {
  const kind = generator.uniform();
  const van = kind < 0.2;
  const grey = generator.uniform() < 0.45;
  const paint = grey
    ? vary(generator, [generator.uniform(0.1, 0.85), 0, 0].map((v, _, [first]) => v || first!) as unknown as Rgb, 0.02)
    : hsv(generator.uniform(), generator.uniform(0.4, 0.9), generator.uniform(0.3, 0.8));
  return {
    x,
    z,
    width: generator.uniform(1.65, 1.95),
    length: generator.uniform(3.7, 4.8),
    height: van ? generator.uniform(1.8, 2.2) : generator.uniform(1.4, 1.65),
    paint,
    oncoming,
    cabin: van ? [0.02, 0.82] : oncoming ? [0.28, 0.92] : [0.08, 0.72],
  };
}

const glass: Rgb = [0.12, 0.15, 0.19];
const tyre: Rgb = [0.07, 0.07, 0.08];

/** A body and a cabin as boxes in perspective, with windows, wheels, lamps and a plate. */
export function paintCar(canvas: Canvas, street: Street, car: Car): void {
  const { camera, light } = street;
  const { x, z, width, length, height, paint, oncoming, cabin } = car;
  const [left, right, near, far] = [x - width / 2, x + width / 2, z - length / 2, z + length / 2];
  const [sill, waist] = [0.28, height * 0.58];
  const at = (px: number, up: number, pz: number): Point => camera.project(px, up, pz);
  const face = (points: readonly Point[], colour: Rgb, lit: number, shine = 0) =>
    canvas.polygon(points, label.car, (_x, y, ink) => {
      ink.depth = z;
      // the sky glosses the upper parts
      const gloss = shine * Math.max(0, 1 - Math.abs(y - points[1]![1]) / (camera.scaleAt(near) * 0.5));
      setInk(ink, colour, lit);
      ink.r += gloss;
      ink.g += gloss;
      ink.b += gloss;
    });
  const facing = brightness(light, 0, 0, -1);
  const upward = brightness(light, 0, 1, 0);
  const flank = left > 0 ? left : right < 0 ? right : null;
  const sideways = flank === null ? 0 : brightness(light, left > 0 ? -1 : 1, 0, 0);
  const [from, to] = [near + cabin[0] * length, near + cabin[1] * length];
  const [slope, taper] = [height * 0.22, 0.13];

  // underneath it is dark
  face(
    [
      at(left + 0.08, 0, near + 0.1),
      at(left + 0.08, 0.4, near + 0.1),
      at(right - 0.08, 0.4, near + 0.1),
      at(right - 0.08, 0, near + 0.1),
    ],
    tyre,
    0.5,
  );
  for (const [px, pz] of [
    [left, far],
    [right, far],
    [left, near],
    [right, near],
  ] as const) {
    const wheel = pz === near ? near + length * 0.19 : far - length * 0.19;
    const inner = px === left ? px + 0.22 : px - 0.22;
    const radius = 0.34;
    const sign = Math.sign(px - inner);
    face(
      [
        at(inner, 0, wheel - radius),
        at(inner, radius * 1.6, wheel - radius),
        at(px - sign * 0.02, radius * 1.6, wheel - radius),
        at(px - sign * 0.02, 0, wheel - radius),
      ],
      tyre,
      1,
    );
    if (px !== flank) continue;
    const rim = Array.from({ length: 10 }, (_, i): Point => {
      const angle = (i / 10) * 2 * Math.PI;
      return at(px, radius + radius * Math.sin(angle), wheel + radius * Math.cos(angle));
    });
    face(rim, tyre, 1);
  }
  // cabin
  const roof = [
    at(left + taper, height, from + slope),
    at(right - taper, height, from + slope),
    at(right - taper, height, to - slope * 0.6),
    at(left + taper, height, to - slope * 0.6),
  ];
  if (camera.height > height) face(roof, paint, upward);
  if (flank !== null) {
    const inner = flank + (flank > 0 ? taper : -taper);
    const window = [
      at(flank, waist, from),
      at(inner, height, from + slope),
      at(inner, height, to - slope * 0.6),
      at(flank, waist, to),
    ];
    face(window, paint, sideways);
    const lift = (up: number) => inner + (flank - inner) * (1 - (up - waist) / (height - waist));
    const [low, high] = [waist + 0.04, height - 0.09];
    face(
      [
        at(lift(low), low, from + 0.22),
        at(lift(high), high, from + slope + 0.12),
        at(lift(high), high, to - slope * 0.6 - 0.12),
        at(lift(low), low, to - 0.16),
      ],
      glass,
      0.8 + sideways * 0.4,
      0.1,
    );
    const post = (from + to) / 2;
    face(
      [
        at(lift(low), low, post - 0.05),
        at(lift(high), high, post - 0.05),
        at(lift(high), high, post + 0.05),
        at(lift(low), low, post + 0.05),
      ],
      scale(paint, 0.8),
      sideways,
    );
  }
  const pane = [
    at(left, waist, from),
    at(left + taper, height, from + slope),
    at(right - taper, height, from + slope),
    at(right, waist, from),
  ];
  face(pane, paint, facing);
  const inset = 0.12;
  face(
    [
      at(left + inset, waist + 0.05, from + 0.02),
      at(left + taper + inset, height - 0.1, from + slope),
      at(right - taper - inset, height - 0.1, from + slope),
      at(right - inset, waist + 0.05, from + 0.02),
    ],
    glass,
    0.9,
    0.14,
  );
  // body
  if (camera.height > waist)
    face(
      [at(left, waist, near), at(right, waist, near), at(right, waist, from), at(left, waist, from)],
      paint,
      upward,
      0.06,
    );
  if (flank !== null)
    face(
      [at(flank, sill, near), at(flank, waist, near), at(flank, waist, far), at(flank, sill, far)],
      paint,
      sideways,
      0.05,
    );
  if (flank !== null) {
    for (const wheel of [near + length * 0.19, far - length * 0.19]) {
      const arch = Array.from({ length: 8 }, (_, i): Point => {
        const angle = (i / 7) * Math.PI;
        return at(flank, 0.3 + 0.38 * Math.sin(angle), wheel + 0.38 * Math.cos(angle));
      });
      face(arch, tyre, 0.8);
      const hub = Array.from({ length: 8 }, (_, i): Point => {
        const angle = (i / 8) * 2 * Math.PI;
        return at(flank, 0.33 + 0.17 * Math.sin(angle), wheel + 0.17 * Math.cos(angle));
      });
      face(hub, [0.5, 0.5, 0.52], sideways);
    }
  }
  face(
    [at(left, sill, near), at(left, waist, near), at(right, waist, near), at(right, sill, near)],
    paint,
    facing,
    0.05,
  );
  const lamp: Rgb = oncoming ? [0.95, 0.95, 0.85] : [0.7, 0.06, 0.06];
  for (const edge of [left + 0.05, right - 0.35]) {
    face(
      [
        at(edge, waist - 0.3, near),
        at(edge, waist - 0.08, near),
        at(edge + 0.3, waist - 0.08, near),
        at(edge + 0.3, waist - 0.3, near),
      ],
      lamp,
      1,
    );
  }
  const dark = oncoming ? tyre : scale(paint, 0.6);
  face(
    [
      at(left + 0.3, sill, near),
      at(left + 0.3, sill + 0.2, near),
      at(right - 0.3, sill + 0.2, near),
      at(right - 0.3, sill, near),
    ],
    dark,
    facing,
  );
  face(
    [
      at(x - 0.26, sill + 0.06, near),
      at(x - 0.26, sill + 0.19, near),
      at(x + 0.26, sill + 0.19, near),
      at(x + 0.26, sill + 0.06, near),
    ],
    [0.9, 0.9, 0.82],
    facing,
  );
}
