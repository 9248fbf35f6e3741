/** Number of axes, 2 or 3, and of the mode: 0 bilinear, 1 nearest, 2 bicubic. */
export type Form = { AXES: number; MODE: number };

/** How many elements a point reads along each axis. */
export const tapsAlong = (mode: number): number => [2, 1, 4][mode]!;

/** Sizes of the input, points of one entry of the batch, number of the padding (zeros, border, reflection), align_corners. */
export const samplingUniforms = {
  width: 'u32',
  height: 'u32',
  depth: 'u32',
  channels: 'u32',
  points: 'u32',
  padding: 'u32',
  align: 'u32',
} as const;

/** The taps of a position, by mode. */
const taps: Readonly<Record<number, string>> = {
  0: `
  let settled = settle(position, size);
  let low = floor(settled.x);
  let fraction = settled.x - low;
  put(&taps, 0u, low, size, 1.0 - fraction, -settled.y * scale);
  put(&taps, 1u, low + 1.0, size, fraction, settled.y * scale);`,
  1: `
  put(&taps, 0u, round(settle(position, size).x), size, 1.0, 0.0);`,
  // cubic convolution with a = -0.75; each element is settled by itself
  2: `
  let low = floor(position);
  let t = position - low;
  for (var i = 0u; i < 4u; i++) {
    let away = t + 1.0 - f32(i);
    let d = abs(away);
    let near = i == 1u || i == 2u;
    let weight = select(-0.75 * (((d - 5.0) * d + 8.0) * d - 4.0), (1.25 * d - 2.25) * d * d + 1.0, near);
    let change = select(-0.75 * ((3.0 * d - 10.0) * d + 8.0), (3.75 * d - 4.5) * d, near);
    let element = settle(low + f32(i) - 1.0, size).x;
    put(&taps, i, element, size, weight, select(-change, change, i < 2u) * scale);
  }`,
};

/**
 * WGSL of `taps_of(point)` and `read_of(taps, point, number)`: the elements that a point of `grid` reads, with their weights and how those
 * change with the point's coordinates (x, y, z). There are READS of them.
 */
export function sampling({ AXES, MODE }: Form): string {
  const count = tapsAlong(MODE);
  return `
const READS = ${count ** AXES}u;
struct Taps { at: array<u32, ${count}>, weight: array<f32, ${count}>, slope: array<f32, ${count}>, inside: array<bool, ${count}> }
struct PointTaps { x: Taps, y: Taps${AXES === 3 ? ', z: Taps' : ''} }
struct Read { element: u32, weight: f32, slopes: vec3f, inside: bool }

/** The position brought into the input, and its derivative: 0 where that moved it to the border or found it there. */
fn settle(position: f32, size: f32) -> vec2f {
  if (uniforms.padding == 0u) { return vec2f(position, 1.0); }
  var at = position;
  var slope = 1.0;
  if (uniforms.padding == 2u) {
    let low = select(-0.5, 0.0, uniforms.align == 1u);
    let span = select(size, size - 1.0, uniforms.align == 1u);
    if (span == 0.0) { return vec2f(0.0); }
    let offset = at - low;
    let flips = floor(abs(offset) / span);
    let rest = abs(offset) - flips * span;
    let odd = flips - 2.0 * floor(flips / 2.0) != 0.0;
    at = select(rest, span - rest, odd) + low;
    slope = select(-1.0, 1.0, odd == (offset < 0.0));
  }
  let inside = at > 0.0 && at < size - 1.0;
  return vec2f(clamp(at, 0.0, size - 1.0), select(0.0, slope, inside));
}
fn put(taps: ptr<function, Taps>, i: u32, at: f32, size: f32, weight: f32, slope: f32) {
  let inside = at >= 0.0 && at <= size - 1.0;
  (*taps).at[i] = u32(clamp(at, 0.0, size - 1.0));
  (*taps).weight[i] = select(0.0, weight, inside);
  (*taps).slope[i] = select(0.0, slope, inside);
  (*taps).inside[i] = inside;
}
fn taps_along(coordinate: f32, size: f32) -> Taps {
  var taps: Taps;
  let scale = select(size, size - 1.0, uniforms.align == 1u) / 2.0;
  let position = select(((coordinate + 1.0) * size - 1.0) / 2.0, (coordinate + 1.0) * ((size - 1.0) / 2.0), uniforms.align == 1u);
  ${taps[MODE]!.trim()}
  return taps;
}
fn taps_of(point: u32) -> PointTaps {
  return PointTaps(
    taps_along(grid[point * AXES], f32(uniforms.width)),
    taps_along(grid[point * AXES + 1u], f32(uniforms.height))${
      AXES === 3 ? ',\n    taps_along(grid[point * AXES + 2u], f32(uniforms.depth))' : ''
    });
}
fn read_of(taps: PointTaps, point: u32, number: u32) -> Read {
  let i = number % ${count}u;
  let j = number / ${count}u % ${count}u;
  let x = taps.x.weight[i];
  let y = taps.y.weight[j];
  ${
    AXES === 3
      ? `let k = number / ${count * count}u;
  let z = taps.z.weight[k];
  let slopes = vec3f(taps.x.slope[i] * y * z, x * taps.y.slope[j] * z, x * y * taps.z.slope[k]);
  let layer = point / uniforms.points * uniforms.depth + taps.z.at[k];
  let inside = taps.x.inside[i] && taps.y.inside[j] && taps.z.inside[k];`
      : `let z = 1.0;
  let slopes = vec3f(taps.x.slope[i] * y, x * taps.y.slope[j], 0.0);
  let layer = point / uniforms.points;
  let inside = taps.x.inside[i] && taps.y.inside[j];`
  }
  let element = (layer * uniforms.height + taps.y.at[j]) * uniforms.width + taps.x.at[i];
  return Read(element, x * y * z, slopes, inside);
}`;
}
