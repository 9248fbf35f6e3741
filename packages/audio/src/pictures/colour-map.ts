/*
 * A perceptually even colour map from dark to light, after matplotlib's inferno (Smith and van der Walt 2015, CC0): nine of its colours,
 * and what lies between them.
 */
const colours = [
  [0, 0, 4],
  [31, 12, 72],
  [85, 15, 109],
  [136, 34, 106],
  [186, 54, 85],
  [227, 89, 51],
  [249, 140, 10],
  [249, 201, 50],
  [252, 255, 164],
] as const;

/** The colour of a value from 0 to 1: red, green and blue from 0 to 255. */
export function colourOf(value: number): readonly [number, number, number] {
  const place = Math.max(0, Math.min(1, value)) * (colours.length - 1);
  const index = Math.min(colours.length - 2, Math.floor(place));
  const share = place - index;
  const [from, to] = [colours[index]!, colours[index + 1]!];
  const mix = (c: 0 | 1 | 2): number => Math.round(from[c] + (to[c] - from[c]) * share);
  return [mix(0), mix(1), mix(2)];
}
