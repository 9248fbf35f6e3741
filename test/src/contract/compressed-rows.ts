import type { Draw, Given } from '@hourglass/core/testing';

const integers = (values: readonly number[]): Given => ({
  shape: [values.length],
  dtype: 'int32',
  values: Int32Array.from(values),
});

/** A pointer to rows of these lengths. */
export function pointerTo(lengths: readonly number[]): Given {
  let end = 0;
  return integers([0, ...lengths.map((length) => (end += length))]);
}

/** Some numbers of places, of which some are 0 and one is `longest`. */
export function lengthsOf(draw: Draw, rows: number, most: number, longest: number): number[] {
  const lengths = Array.from({ length: rows }, () => (draw.chance(0.3) ? 0 : draw.integer(0, most + 1)));
  if (rows > 0) lengths[draw.integer(0, rows)] = longest;
  return lengths;
}

export const total = (lengths: readonly number[]): number => lengths.reduce((sum, length) => sum + length, 0);

/** The numbers below `count` in some order. */
export function orderOf(draw: Draw, count: number): Given {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = draw.integer(0, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return integers(order);
}

/** Lengths of rows, and a width: empty, single, tiny and long ones. */
export function* segmentations(draw: Draw): Generator<[lengths: number[], width: number]> {
  yield [[1], 1];
  yield [[0, 0, 0], 2];
  yield [[5, 0, 1, 130], 3];
  yield [lengthsOf(draw, 200, 4, 7), 1];
  yield [lengthsOf(draw, 9, 12, 33), 70];
  // one that goes through blocks put together beforehand
  yield [lengthsOf(draw, 40, 30, 2500), 2];
}
