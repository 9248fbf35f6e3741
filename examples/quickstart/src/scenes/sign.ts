import type { Generator } from '@hourglass/core';
import { setInk, type Canvas, type Point } from './canvas.js';
import { label } from './classes.js';
import { pick, vary, type Rgb } from './colour.js';
import { brightness, type Street } from './street.js';

export type SignKind = 'disc' | 'triangle' | 'board' | 'lights';

export interface Sign {
  readonly x: number;
  readonly z: number;
  readonly kind: SignKind;
  readonly height: number;
  readonly size: number;
  readonly pole: Rgb;
  readonly face: Rgb;
  readonly rim: Rgb;
}

export function planSign(generator: Generator, x: number, z: number): Sign {
  const kind = pick<SignKind>(generator, ['disc', 'triangle', 'board', 'lights']);
  return {
    x,
    z,
    kind,
    height: generator.uniform(2.4, 3),
    size: generator.uniform(0.65, 0.95),
    pole: vary(
      generator,
      pick<Rgb>(generator, [
        [0.85, 0.68, 0.1],
        [0.75, 0.16, 0.12],
        [0.12, 0.28, 0.7],
      ]),
    ),
    face: vary(
      generator,
      pick<Rgb>(generator, [
        [0.9, 0.9, 0.88],
        [0.08, 0.25, 0.75],
        [0.95, 0.8, 0.15],
        [0.1, 0.45, 0.25],
      ]),
    ),
    rim: vary(
      generator,
      pick<Rgb>(generator, [
        [0.75, 0.08, 0.1],
        [0.95, 0.75, 0.1],
        [0.1, 0.1, 0.12],
      ]),
    ),
  };
}

const white: Rgb = [0.9, 0.9, 0.88];

/** A pole, and what it carries. */
export function paintSign(canvas: Canvas, street: Street, sign: Sign): void {
  const { camera, light } = street;
  const { x, z, kind, height, size, pole, face, rim } = sign;
  const metre = camera.scaleAt(z);
  const [cx, foot] = camera.project(x, 0, z);
  const lit = brightness(light, 0, 0.2, -0.95);
  const half = 0.2;
  const at = (right: number, up: number): Point => [cx + right * metre, foot - up * metre];
  const fill = (points: readonly Point[], colour: Rgb, strength = lit) =>
    canvas.polygon(points, label.sign, (_x, _y, ink) => {
      ink.depth = z;
      setInk(ink, colour, strength);
    });
  const box = (left: number, right: number, low: number, high: number, colour: Rgb, strength = lit) =>
    fill([at(left, low), at(left, high), at(right, high), at(right, low)], colour, strength);
  // painted poles with white bands
  canvas.polygon([at(-half, 0), at(-half, height), at(half, height), at(half, 0)], label.sign, (px, py, ink) => {
    ink.depth = z;
    const round = 1 + ((px - cx) / (half * metre)) * 0.25 * Math.sign(light.sun[0]);
    setInk(ink, ((foot - py) / metre) % 1 < 0.3 ? white : pole, lit * round);
  });
  if (kind === 'lights') {
    box(-0.34, 0.34, height - 1.3, height + 0.16, [0.08, 0.09, 0.09]);
    const lamps: readonly Rgb[] = [
      [0.9, 0.15, 0.1],
      [0.8, 0.55, 0.1],
      [0.15, 0.75, 0.35],
    ];
    const on = Math.floor(size * 100) % 3;
    for (const [i, colour] of lamps.entries()) {
      const [lx, ly] = at(0, height - 0.12 - i * 0.45);
      canvas.ellipse(lx, ly, 0.19 * metre, 0.19 * metre, label.sign, (_x, _y, ink) => {
        ink.depth = z;
        setInk(ink, colour, i === on ? 1.1 : 0.3);
      });
    }
    return undefined;
  }
  const centre = height - size * 0.4;
  if (kind === 'board') {
    box(-size * 1.3, size * 1.3, centre - size * 0.8, centre + size * 0.8, rim);
    box(-size * 1.2, size * 1.2, centre - size * 0.7, centre + size * 0.7, face);
    return box(-size * 0.9, size * 0.7, centre - size * 0.1, centre + size * 0.15, rim);
  }
  const round = (radius: number, corners: number, turn: number): Point[] =>
    Array.from({ length: corners }, (_, i) => {
      const angle = (i / corners) * 2 * Math.PI + turn;
      return at(radius * Math.cos(angle), centre + radius * Math.sin(angle));
    });
  const [corners, turn] = kind === 'triangle' ? [3, Math.PI / 2] : [16, 0];
  fill(round(size * (kind === 'triangle' ? 1.25 : 1), corners, turn), rim);
  fill(round(size * (kind === 'triangle' ? 0.8 : 0.74), corners, turn), face);
  return box(
    -size * 0.28,
    size * 0.28,
    centre - size * 0.14,
    centre + size * 0.1,
    kind === 'triangle' ? [0.1, 0.1, 0.1] : rim,
  );
}
