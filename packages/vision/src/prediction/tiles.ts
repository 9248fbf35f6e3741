import { check } from '@hourglass/core';

/** Where tiles start along one axis, and how long each is. */
export interface Tiling {
  readonly length: number;
  readonly starts: readonly number[];
}

/**
 * Covers `length` (a multiple of `stride`) with tiles that overlap by at least `overlap`. One tile of the whole length where
 * that fits; starts and lengths are multiples of `stride`, so that a network that shrinks by it sees every tile on the same grid.
 */
export function tileAxis(length: number, tile: number, overlap: number, stride: number): Tiling {
  check(length % stride === 0, `${length} is not a multiple of the stride ${stride}`);
  const size = Math.max(stride, Math.floor(tile / stride) * stride);
  if (length <= size) return { length, starts: [0] };
  const step = Math.max(stride, Math.floor((size - overlap) / stride) * stride);
  const starts: number[] = [];
  for (let start = 0; ; start += step) {
    starts.push(Math.min(start, length - size));
    if (start + size >= length) return { length: size, starts };
  }
}

/**
 * How much each pixel of a tile counts: nothing within `margin` of an edge that lies inside the picture, then rising as the
 * square of a sine over what is left of the overlap, so that two neighbours add up to one. Edges on the picture's border count in full.
 */
export function blendWeights(
  length: number,
  overlap: number,
  margin: number,
  edges: { readonly start: boolean; readonly end: boolean },
): Float32Array {
  const ramp = Math.max(1, overlap - 2 * margin);
  const rise = (distance: number): number => {
    const part = (distance - margin + 0.5) / ramp;
    return part <= 0 ? 0 : part >= 1 ? 1 : Math.sin((Math.PI / 2) * part) ** 2;
  };
  return Float32Array.from({ length }, (_, i) => {
    return (edges.start ? 1 : rise(i)) * (edges.end ? 1 : rise(length - 1 - i));
  });
}
