import type { ConvolutionGeometry } from './spec.js';

/** A convolution over exactly three axes, the first ones of size 1 where it has fewer, as the shaders take it. */
export interface Sweep {
  readonly batch: number;
  /** Of x, of y, of the filter; then the geometry. */
  readonly sizes: readonly number[];
  readonly outputs: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly before: readonly number[];
  readonly groups: number;
  /** Channels of a group. */
  readonly cin: number;
  readonly cout: number;
}

export function sweepOf(
  x: readonly number[],
  y: readonly number[],
  kernel: readonly number[],
  { stride, dilation, padding, groups }: ConvolutionGeometry,
): Sweep {
  const three = (list: readonly number[], fill: number): number[] => [
    ...Array.from({ length: 3 - list.length }, () => fill),
    ...list,
  ];
  return {
    batch: x[0]!,
    sizes: three(x.slice(1, -1), 1),
    outputs: three(y.slice(1, -1), 1),
    kernel: three(kernel, 1),
    stride: three(stride, 1),
    dilation: three(dilation, 1),
    before: three(
      padding.map(([before]) => before),
      0,
    ),
    groups,
    cin: x.at(-1)! / groups,
    cout: y.at(-1)! / groups,
  };
}

const lists = ['sizes', 'outputs', 'kernel', 'stride', 'dilation', 'before'] as const;
const axes = ['d', 'h', 'w'] as const;

/** Names and types of a sweep's uniforms. */
export const sweepFields: Readonly<Record<string, 'i32' | 'u32'>> = {
  ...Object.fromEntries(lists.flatMap((list) => axes.map((axis) => [`${list}_${axis}`, 'i32' as const]))),
  batch: 'u32',
  groups: 'u32',
  cin: 'u32',
  cout: 'u32',
};

export function sweepValues(sweep: Sweep): Record<string, number> {
  const { batch, groups, cin, cout } = sweep;
  const along = lists.flatMap((list) => axes.map((axis, i): [string, number] => [`${list}_${axis}`, sweep[list][i]!]));
  return { ...Object.fromEntries(along), batch, groups, cin, cout };
}

const vectors = lists
  .map(
    (list) => `fn ${list}() -> vec3i { return vec3i(${axes.map((axis) => `uniforms.${list}_${axis}`).join(', ')}); }`,
  )
  .join('\n');

/** WGSL for places in [batch, d, h, w], and for the uniforms as vectors. */
export const sweepLibrary = `${vectors}
fn volume(v: vec3i) -> u32 { return u32(v.x * v.y * v.z); }
fn inside(at: vec3i, size: vec3i) -> bool { return all(at >= vec3i(0)) && all(at < size); }
/** The number of a place on axes of these sizes. */
fn flat_index(image: u32, at: vec3i, size: vec3i) -> u32 {
  return ((image * u32(size.x) + u32(at.x)) * u32(size.y) + u32(at.y)) * u32(size.z) + u32(at.z);
}
struct Place { image: u32, at: vec3i }
fn place_of(index: u32, size: vec3i) -> Place {
  let w = index / u32(size.z);
  let h = w / u32(size.y);
  let d = h / u32(size.x);
  return Place(d, vec3i(i32(h - d * u32(size.x)), i32(w - h * u32(size.y)), i32(index - w * u32(size.z))));
}`;
