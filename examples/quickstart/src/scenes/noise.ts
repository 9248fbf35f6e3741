import { Generator } from '@hourglass/core';

const size = 256;
const mask = size - 1;
const lattice = (() => {
  const generator = new Generator(20);
  return Float32Array.from({ length: size * size }, () => generator.uniform(-1, 1));
})();

/** Value noise in -1 … 1: random at whole places, smooth between them, repeating after 256. */
export function smoothNoise(x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const row = (top & mask) * size;
  const below = ((top + 1) & mask) * size;
  const column = left & mask;
  const right = (left + 1) & mask;
  const upper = lattice[row + column]! + sx * (lattice[row + right]! - lattice[row + column]!);
  const lower = lattice[below + column]! + sx * (lattice[below + right]! - lattice[below + column]!);
  return upper + sy * (lower - upper);
}

/** One random value, -1 … 1, for every square of the unit grid. */
export function cellNoise(x: number, y: number): number {
  return lattice[(Math.floor(y) & mask) * size + (Math.floor(x) & mask)]!;
}

/** Two octaves of {@link smoothNoise}. */
export function cloudNoise(x: number, y: number): number {
  return 0.65 * smoothNoise(x, y) + 0.35 * smoothNoise(2.3 * x + 17, 2.3 * y + 5);
}
