import type { Generator } from '@hourglass/core';
import { setInk, type Canvas } from './canvas.js';
import { label } from './classes.js';
import { hsv, type Rgb } from './colour.js';
import { smoothNoise } from './noise.js';
import { brightness, type Street } from './street.js';

export interface Tree {
  readonly x: number;
  readonly z: number;
  readonly height: number;
  readonly crown: number;
  readonly leaves: Rgb;
  readonly bark: Rgb;
  /** Lumps of the crown: place and radius relative to it. */
  readonly lumps: readonly (readonly [number, number, number])[];
  readonly seed: number;
}

export function planTree(generator: Generator, x: number, z: number): Tree {
  const autumn = generator.uniform() < 0.06;
  return {
    x,
    z,
    height: generator.uniform(3.6, 8),
    crown: generator.uniform(1.5, 2.7),
    leaves: hsv(
      autumn ? generator.uniform(0.05, 0.14) : generator.uniform(0.21, 0.35),
      generator.uniform(0.45, 0.75),
      generator.uniform(0.28, 0.55),
    ),
    bark: hsv(generator.uniform(0.05, 0.1), generator.uniform(0.1, 0.4), generator.uniform(0.2, 0.4)),
    lumps: Array.from(
      { length: 5 },
      () => [generator.uniform(-0.5, 0.5), generator.uniform(-0.4, 0.5), generator.uniform(0.5, 0.8)] as const,
    ),
    seed: generator.integer(0, 5000),
  };
}

/** A trunk and a crown of leafy lumps, lit from the sun's side. */
export function paintTree(canvas: Canvas, street: Street, tree: Tree): void {
  const { camera, light } = street;
  const { x, z, height, crown, leaves, bark, lumps, seed } = tree;
  const metre = camera.scaleAt(z);
  const [cx, foot] = camera.project(x, 0, z);
  const middle = foot - (height - crown * 0.9) * metre;
  const half = 0.22 * metre;
  const lit = brightness(light, 0, 0, -1);
  canvas.polygon(
    [
      [cx - half * 1.3, foot],
      [cx + half * 1.3, foot],
      [cx + half * 0.7, middle],
      [cx - half * 0.7, middle],
    ],
    label.vegetation,
    (px, py, ink) => {
      ink.depth = z;
      setInk(
        ink,
        bark,
        lit *
          (1 +
            ((px - cx) / half) * 0.25 * Math.sign(light.sun[0]) +
            0.2 * smoothNoise((px / metre) * 12, (py / metre) * 3 + seed)),
      );
    },
  );
  for (const [dx, dy, size] of lumps) {
    const radius = size * crown * metre;
    const [lx, ly] = [cx + dx * crown * metre, middle + dy * crown * metre * 0.9];
    canvas.ellipse(lx, ly, radius * 1.15, radius, label.vegetation, (px, py, ink) => {
      const [ux, uy] = [(px - lx) / (radius * 1.15), (py - ly) / radius];
      const [wx, wy] = [(px / metre) * 3, (py / metre) * 3];
      const leaf = smoothNoise(wx + seed, wy);
      // leaves at the rim stand out or leave gaps
      if (ux * ux + uy * uy > 0.8 + 0.3 * leaf) return false;
      const side = ux * light.sun[0] - uy * light.sun[1];
      ink.depth = z;
      setInk(
        ink,
        leaves,
        (light.ambient + light.direct * (0.35 + 0.55 * side)) *
          (1.05 + 0.3 * leaf + 0.2 * smoothNoise(wx * 3, wy * 3 + seed)),
      );
      return true;
    });
  }
}
