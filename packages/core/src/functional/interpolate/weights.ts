import type { LinearMap } from '../axes/linear-map.js';

/** How one axis is resized. */
export interface AxisResize {
  readonly from: number;
  readonly to: number;
  /** Input elements per output element in the coordinate map, or null: from / to. */
  readonly scale: number | null;
  readonly alignCorners: boolean;
}

function scaleOf({ from, to, scale, alignCorners }: AxisResize): number {
  if (alignCorners) return to > 1 ? (from - 1) / (to - 1) : 0;
  return scale ?? from / to;
}

/** Position in the input of output element o. */
function source(resize: AxisResize, scale: number, o: number): number {
  return resize.alignCorners ? scale * o : scale * (o + 0.5) - 0.5;
}

/**
 * Index of the nearest element, computed in single precision: where positions fall on a border its rounding decides.
 *
 * @param whole repeats elements once or twice where the sizes say so, whatever the scale: what torch does for pictures
 *   in mode 'nearest', but not over one or three axes
 */
export function nearestIndices(resize: AxisResize, exact: boolean, whole: boolean): number[] {
  const { fround } = Math;
  const { from, to } = resize;
  const repeats = whole && (to === from || to === 2 * from);
  const scale = repeats ? from / to : fround(scaleOf({ ...resize, alignCorners: false }));
  return Array.from({ length: to }, (_, o) => {
    const at = exact ? fround(Math.max(fround(fround(scale * (o + 0.5)) - 0.5), 0) + 0.5) : fround(scale * o);
    return Math.min(Math.floor(at), from - 1);
  });
}

/** Linear interpolation between the two neighbours. Equal sizes are a copy, also where a scale is given, as in torch. */
export function linearMap(resize: AxisResize): LinearMap {
  const scale = scaleOf(resize);
  if (resize.from === resize.to) return copy(resize);
  return build(resize, (o) => {
    const at = Math.max(source(resize, scale, o), 0);
    const first = Math.min(Math.floor(at), resize.from - 1);
    const fraction = Math.min(at - first, 1);
    return { first, weights: [1 - fraction, fraction] };
  });
}

/** Cubic convolution over four neighbours; a = -0.75. Keys 1981. */
export function cubicMap(resize: AxisResize): LinearMap {
  const scale = scaleOf(resize);
  return build(resize, (o) => {
    const at = source(resize, scale, o);
    const first = Math.floor(at) - 1;
    return { first, weights: [0, 1, 2, 3].map((i) => cubic(first + i - at, -0.75)) };
  });
}

/**
 * A triangle, or a cubic with a = -0.5, as wide as the input elements that fall on one output element. Equal sizes are a
 * copy, as in torch.
 */
export function antialiasedMap(resize: AxisResize, filter: 'linear' | 'cubic'): LinearMap {
  if (resize.from === resize.to) return copy(resize);
  const scale = scaleOf(resize);
  const shrink = Math.max(scale, 1);
  const support = (filter === 'linear' ? 1 : 2) * shrink;
  const weigh = (x: number): number => (filter === 'linear' ? Math.max(1 - Math.abs(x), 0) : cubic(x, -0.5));
  return build(resize, (o) => {
    const center = scale * (o + 0.5);
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const stop = Math.min(Math.trunc(center + support + 0.5), resize.from);
    const raw = Array.from({ length: stop - first }, (_, i) => weigh((first + i + 0.5 - center) / shrink));
    const total = raw.reduce((sum, w) => sum + w, 0);
    return { first, weights: raw.map((w) => w / total) };
  });
}

/** Keys' cubic convolution kernel. */
export function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((d - 5) * d + 8) * d * a - 4 * a;
  return 0;
}

function copy(resize: AxisResize): LinearMap {
  return build(resize, (o) => ({ first: o, weights: [1] }));
}

/** Collects the rows of a map; what lies outside the input counts for the element at its border. */
function build({ from, to }: AxisResize, row: (o: number) => { first: number; weights: readonly number[] }): LinearMap {
  const first: number[] = [];
  const weights: number[][] = [];
  for (let o = 0; o < to; o++) {
    const raw = row(o);
    const clamp = (i: number): number => Math.min(Math.max(i, 0), from - 1);
    const start = clamp(raw.first);
    const inside = Array.from({ length: clamp(raw.first + raw.weights.length - 1) - start + 1 }, () => 0);
    raw.weights.forEach((w, i) => (inside[clamp(raw.first + i) - start]! += w));
    first.push(start);
    weights.push(inside);
  }
  return { from, first, weights };
}
