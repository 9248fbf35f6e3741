import type { Generator } from '@hourglass/core';
import { mix, pick, scale, vary, type Rgb } from './colour.js';
import type { Atmosphere, Point } from './canvas.js';

/** A pinhole camera that looks along the street. Metres: x to the right, up, z ahead. */
export class Camera {
  constructor(
    readonly focal: number,
    readonly centre: number,
    readonly horizon: number,
    readonly height: number,
  ) {}

  /** Where a point of the world is in the picture. */
  project(x: number, up: number, z: number): Point {
    return [this.centre + (this.focal * x) / z, this.horizon + (this.focal * (this.height - up)) / z];
  }

  /** Pixels a metre at this distance. */
  scaleAt(z: number): number {
    return this.focal / z;
  }
}

/** The sun: where it stands and how strong it is. */
export interface Light {
  /** Unit vector towards the sun: right, up, ahead. */
  readonly sun: readonly [number, number, number];
  readonly direct: number;
  readonly ambient: number;
}

/** How bright a surface with this normal is. */
export function brightness({ sun, direct, ambient }: Light, right: number, up: number, ahead: number): number {
  return ambient + direct * Math.max(0, right * sun[0] + up * sun[1] + ahead * sun[2]);
}

/** What all parts of one scene share. */
export interface Street {
  readonly camera: Camera;
  readonly light: Light;
  readonly air: Atmosphere;
  readonly sky: { readonly top: Rgb; readonly bottom: Rgb; readonly clouds: number };
  /** Kerbs at the left and the right of the road. */
  readonly kerbs: readonly [left: number, right: number];
  readonly pavementWidth: number;
  /** What lies behind the pavement: grass or more pavement. */
  readonly green: boolean;
  /** Metres to the side a metre ahead, growing with the distance: how the road bends. */
  readonly bend: number;
  /** Shifts all textures. */
  readonly seed: number;
}

/** How far the street is shifted to the right at a distance. */
export function bendAt(street: Street, z: number): number {
  return street.bend * z * z;
}

const skies: readonly { top: Rgb; bottom: Rgb; sun: number; tint: Rgb }[] = [
  { top: [0.32, 0.52, 0.85], bottom: [0.75, 0.85, 0.95], sun: 0.62, tint: [1, 1, 0.98] },
  { top: [0.5, 0.66, 0.88], bottom: [0.86, 0.88, 0.9], sun: 0.5, tint: [1.02, 1, 0.96] },
  { top: [0.62, 0.64, 0.68], bottom: [0.8, 0.81, 0.82], sun: 0.12, tint: [0.96, 0.98, 1.02] },
  { top: [0.42, 0.45, 0.62], bottom: [0.98, 0.84, 0.68], sun: 0.45, tint: [1.1, 0.97, 0.86] },
  { top: [0.78, 0.8, 0.84], bottom: [0.9, 0.9, 0.88], sun: 0.25, tint: [1, 1, 1] },
];

/** Draws the weather, the camera and the plan of a street. */
export function planStreet(generator: Generator, width: number, height: number): Street {
  const weather = pick(generator, skies);
  const camera = new Camera(
    width * generator.uniform(0.58, 0.68),
    width * generator.uniform(0.41, 0.59),
    height * generator.uniform(0.4, 0.48),
    generator.uniform(1.5, 1.9),
  );
  const azimuth = generator.uniform(0, 2 * Math.PI);
  const elevation = generator.uniform(0.4, 1.15);
  const flat = Math.cos(elevation);
  const roadWidth = generator.uniform(5.5, 7.5);
  const left = -roadWidth * generator.uniform(0.35, 0.65);
  const bottom = vary(generator, weather.bottom);
  const exposure = generator.uniform(0.92, 1.12);
  return {
    camera,
    light: {
      sun: [flat * Math.cos(azimuth), Math.sin(elevation), flat * Math.sin(azimuth)],
      direct: weather.sun * generator.uniform(0.8, 1.2),
      ambient: 0.98 - weather.sun * 0.6,
    },
    air: {
      haze: mix(bottom, [0.8, 0.8, 0.8], 0.3),
      sight: generator.uniform() < 0.15 ? generator.uniform(50, 80) : generator.uniform(100, 300),
      tint: scale(weather.tint, exposure),
      grain: generator.uniform(0.005, 0.015),
      softness: generator.uniform(0, 0.5),
    },
    sky: { top: vary(generator, weather.top), bottom, clouds: generator.uniform(-0.4, 0.5) },
    kerbs: [left, left + roadWidth],
    pavementWidth: generator.uniform(2.4, 4),
    green: generator.uniform() < 0.5,
    bend: generator.uniform(-0.0016, 0.0016),
    seed: generator.integer(0, 10_000),
  };
}
