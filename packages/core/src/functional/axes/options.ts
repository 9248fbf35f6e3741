import { check } from '../../errors.js';

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Zeros around each spatial axis: one number for all, or for each axis a number or [before, after]. */
export type PerAxisPadding = number | ReadonlyArray<number | readonly [number, number]>;

/** Expands an option to one whole number an axis, each at least `least`. */
export function perAxis(value: PerAxis, axes: number, name: string, least: number): number[] {
  const values = typeof value === 'number' ? Array.from({ length: axes }, () => value) : [...value];
  check(
    values.length === axes && values.every((v) => Number.isInteger(v) && v >= least),
    () => `${name} must be a whole number of at least ${least}, or ${axes} of them, got ${JSON.stringify(value)}`,
  );
  return values;
}

/** Expands padding to [before, after] for each axis. */
export function perAxisPadding(value: PerAxisPadding, axes: number, name: string): Array<[number, number]> {
  const values = typeof value === 'number' ? Array.from({ length: axes }, () => value) : [...value];
  const pairs = values.map((v): [number, number] => (typeof v === 'number' ? [v, v] : [v[0], v[1]]));
  check(
    pairs.length === axes && pairs.every((pair) => pair.every((v) => Number.isInteger(v) && v >= 0)),
    () =>
      `${name} must be a whole number of at least 0, or ${axes} numbers or [before, after] pairs, got ${JSON.stringify(value)}`,
  );
  return pairs;
}
