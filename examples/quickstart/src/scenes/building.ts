import type { Generator } from '@hourglass/core';
import { mixInk, setInk, type Canvas, type Ink } from './canvas.js';
import { label } from './classes.js';
import { hsv, pick, vary, type Rgb } from './colour.js';
import { cellNoise, smoothNoise } from './noise.js';
import { brightness, type Street } from './street.js';

/** A block with its front towards the street. */
export interface Building {
  /** -1 stands at the left, 1 at the right. */
  readonly side: -1 | 1;
  /** Distance of its façade from the camera's axis, signed. */
  readonly x: number;
  readonly near: number;
  readonly far: number;
  readonly height: number;
  readonly wall: Rgb;
  readonly glass: Rgb;
  readonly floor: number;
  /** Windows every so many metres. */
  readonly bay: number;
  /** Part of a bay and of a floor that is window. */
  readonly open: readonly [number, number];
  readonly bricks: boolean;
  readonly shop: Rgb | null;
  readonly seed: number;
}

export function planBuilding(generator: Generator, side: -1 | 1, x: number, near: number, length: number): Building {
  const floor = generator.uniform(2.7, 3.6);
  const stone = pick<Rgb>(generator, [
    [0.66, 0.62, 0.55],
    [0.55, 0.55, 0.57],
    [0.72, 0.7, 0.66],
    [0.4, 0.4, 0.43],
  ]);
  const paint = hsv(generator.uniform(), generator.uniform(0.05, 0.28), generator.uniform(0.5, 0.85));
  const brick = hsv(generator.uniform(0, 0.08), generator.uniform(0.35, 0.6), generator.uniform(0.35, 0.65));
  const style = generator.uniform();
  return {
    side,
    x,
    near,
    far: near + length,
    height: floor * generator.integer(2, 8) + generator.uniform(0.5, 1.5),
    wall: vary(generator, style < 0.35 ? brick : style < 0.7 ? stone : paint),
    glass: hsv(generator.uniform(0.5, 0.65), generator.uniform(0.1, 0.5), generator.uniform(0.15, 0.5)),
    floor,
    bay: generator.uniform(1.8, 3.4),
    open: [generator.uniform(0.35, 0.7), generator.uniform(0.4, 0.65)],
    bricks: style < 0.35,
    shop:
      generator.uniform() < 0.4
        ? hsv(generator.uniform(), generator.uniform(0.2, 0.5), generator.uniform(0.25, 0.55))
        : null,
    seed: generator.integer(0, 5000),
  };
}

/** The façade along the street, and the end that faces the camera. */
export function paintBuilding(canvas: Canvas, street: Street, building: Building): void {
  const { camera, light } = street;
  const { side, x, near, far, height } = building;
  const front = Math.max(near, 1);
  const fronting = brightness(light, -side, 0, 0);
  canvas.polygon(
    [
      camera.project(x, 0, front),
      camera.project(x, height, front),
      camera.project(x, height, far),
      camera.project(x, 0, far),
    ],
    label.building,
    (px, py, ink) => {
      const z = Math.min(far, Math.max(front, (camera.focal * x) / (px - camera.centre)));
      const up = camera.height - ((py - camera.horizon) * z) / camera.focal;
      wallInk(building, z - near, up, fronting, ink);
      ink.depth = z;
    },
  );
  if (near <= 1) return;
  const facing = brightness(light, 0, 0, -1);
  const back = x + side * 12;
  canvas.polygon(
    [
      camera.project(x, 0, near),
      camera.project(x, height, near),
      camera.project(back, height, near),
      camera.project(back, 0, near),
    ],
    label.building,
    (px, py, ink) => {
      const across = ((px - camera.centre) * near) / camera.focal;
      const up = camera.height - ((py - camera.horizon) * near) / camera.focal;
      wallInk(building, Math.abs(across - x) + 40, up, facing, ink);
      ink.depth = near;
    },
  );
}

const frameColour: Rgb = [0.9, 0.9, 0.88];
const lampColour: Rgb = [0.95, 0.82, 0.5];

/** A wall at a place along it and a height. */
function wallInk(building: Building, along: number, up: number, lit: number, ink: Ink): void {
  const { wall, glass, floor, bay, open, height, bricks, shop, seed } = building;
  const storey = Math.floor(up / floor);
  const column = Math.floor(along / bay);
  const inBay = Math.abs(along / bay - column - 0.5) * 2;
  const inStorey = Math.abs(up / floor - storey - 0.55) * 2;
  const rough = 0.05 * smoothNoise(along * 5 + seed, up * 5) + 0.05 * smoothNoise(along * 0.5, up * 0.5 + seed);
  if (up < 0.5) return setInk(ink, wall, lit * 0.6 * (1 + rough));
  if (up > height - 0.45) return setInk(ink, wall, lit * 0.8);
  if (shop !== null && storey === 0) {
    const sign = up > floor * 0.8;
    if (!sign && inBay < 0.8) return setInk(ink, glass, 0.8 * lit * (1 + rough));
    return mixInk(ink, shop, wall, sign ? 0 : 0.3, lit * (1 + rough));
  }
  if (inBay < open[0] && inStorey < open[1] && up < height - 0.8) {
    const frame = inBay > open[0] - 0.1 || inStorey > open[1] - 0.1 || inBay < 0.05;
    if (frame) return mixInk(ink, wall, frameColour, 0.6, lit);
    const pane = cellNoise(column * 3 + seed, storey * 7 + seed);
    // some reflect the sky, some have the lamp on
    if (pane > 0.85) return setInk(ink, lampColour, 0.9);
    return setInk(ink, glass, 0.75 + 0.5 * pane + 0.3 * inStorey);
  }
  const course = bricks && (up * 5) % 1 < 0.2 ? -0.07 : 0;
  const ledge = up / floor - storey < 0.06 && storey > 0 ? 0.12 : 0;
  setInk(ink, wall, lit * (1 + rough + course + ledge));
}
