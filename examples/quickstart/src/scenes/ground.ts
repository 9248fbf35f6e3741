import type { Generator } from '@hourglass/core';
import { mixInk, setInk, type Canvas } from './canvas.js';
import { label } from './classes.js';
import { hsv, mix, pick, vary, type Rgb } from './colour.js';
import { cellNoise, cloudNoise, smoothNoise } from './noise.js';
import { brightness, type Street } from './street.js';

/** The sky with its clouds, and hills or far roofs at its foot. */
export function paintSky(canvas: Canvas, street: Street, generator: Generator): void {
  const { camera, sky, seed } = street;
  const edge = camera.horizon + 2;
  const outline = (top: number) =>
    [
      [0, top],
      [canvas.width, top],
      [canvas.width, edge],
      [0, edge],
    ] as const;
  const white: Rgb = mix(sky.bottom, [1, 1, 1], 0.6);
  canvas.polygon(outline(0), label.sky, (x, y, ink) => {
    const low = Math.min(1, Math.max(0, y / camera.horizon));
    const away = 1 / (1.15 - low);
    const cloud = cloudNoise(((x - camera.centre) * away * 7) / canvas.width + seed, 3 * away + seed);
    const cover = Math.min(1, Math.max(0, (cloud + sky.clouds) * 1.8)) * 0.8;
    mixInk(ink, sky.top, sky.bottom, low);
    ink.r += (white[0] - ink.r) * cover;
    ink.g += (white[1] - ink.g) * cover;
    ink.b += (white[2] - ink.b) * cover;
  });
  const far = hsv(generator.uniform(0.22, 0.4), generator.uniform(0.25, 0.5), generator.uniform(0.25, 0.42));
  const rise = canvas.height * generator.uniform(0.05, 0.12);
  canvas.polygon(outline(camera.horizon - 2 * rise), label.vegetation, (x, y, ink) => {
    const top = camera.horizon - rise * (1 + 0.7 * cloudNoise((x * 12) / canvas.width + seed, 7));
    if (y < top) return false;
    ink.depth = 90;
    setInk(ink, far, 0.85 + 0.25 * smoothNoise((x * 60) / canvas.width, (y * 90) / canvas.height));
    return true;
  });
}

/** Road with markings, pavements with slabs and kerbs, and what lies behind them. */
export function paintGround(canvas: Canvas, street: Street, generator: Generator): void {
  const { camera, kerbs, pavementWidth, green, light, seed } = street;
  const lit = brightness(light, 0, 1, 0);
  const road = vary(
    generator,
    pick<Rgb>(generator, [
      [0.33, 0.33, 0.35],
      [0.39, 0.38, 0.38],
      [0.26, 0.26, 0.29],
      [0.38, 0.36, 0.34],
    ]),
  );
  const slab = vary(
    generator,
    pick<Rgb>(generator, [
      [0.63, 0.61, 0.58],
      [0.7, 0.62, 0.54],
      [0.58, 0.6, 0.64],
      [0.64, 0.5, 0.44],
    ]),
  );
  const grass = hsv(generator.uniform(0.18, 0.34), generator.uniform(0.4, 0.65), generator.uniform(0.3, 0.5));
  const paint: Rgb = generator.uniform() < 0.8 ? [0.86, 0.86, 0.83] : [0.85, 0.7, 0.25];
  const middle = (kerbs[0] + kerbs[1]) / 2;
  const dash = generator.uniform(2, 4);
  const slabLength = generator.uniform(0.8, 1.6);
  const hasEdgeLines = generator.uniform() < 0.5;
  const crossing = generator.uniform() < 0.3 ? generator.uniform(6, 18) : Infinity;
  const worn = generator.uniform(0.3, 0.9);
  const bottom = [
    [0, camera.horizon + 0.2],
    [canvas.width, camera.horizon + 0.2],
    [canvas.width, canvas.height],
    [0, canvas.height],
  ] as const;
  canvas.polygon(bottom, label.road, (x, y, ink) => {
    const z = (camera.focal * camera.height) / (y - camera.horizon);
    const across = ((x - camera.centre) * z) / camera.focal - street.bend * z * z;
    ink.depth = z;
    const fromLeft = across - kerbs[0];
    const inside = Math.min(fromLeft, kerbs[1] - across);
    if (inside >= 0) {
      const grit = 0.09 * smoothNoise(across * 9 + seed, z * 9) + 0.08 * smoothNoise(across * 0.6, z * 0.25 + seed);
      const marked =
        (Math.abs(across - middle) < 0.09 && (z / dash) % 2 < 1) ||
        (hasEdgeLines && inside < 0.42 && inside > 0.28) ||
        (z > crossing && z < crossing + 3 && ((fromLeft / 0.55) & 1) === 0);
      const painted = marked && smoothNoise(across * 5 + 9, z * 2 + seed) > worn - 1.4;
      return mixInk(ink, road, paint, painted ? 0.85 : 0, lit * (1 + grit));
    }
    const beyond = -inside;
    if (green && beyond > pavementWidth) {
      ink.label = label.vegetation;
      const blades = 0.22 * smoothNoise(across * 6 + seed, z * 3) + 0.15 * smoothNoise(across * 0.7, z * 0.4);
      return setInk(ink, grass, lit * (1 + blades));
    }
    ink.label = label.pavement;
    const [u, v] = [beyond / slabLength, z / slabLength];
    const joint = z < 25 && (u % 1 < 0.06 || v % 1 < 0.06) ? -0.16 : 0;
    const kerb = beyond < 0.22 ? 0.14 : 0;
    const grit = 0.09 * cellNoise(u + seed, v) + 0.06 * smoothNoise(across * 8, z * 8 + seed);
    setInk(ink, slab, lit * (1 + grit + joint + kerb));
  });
}
