import * as tf from '@tensorflow/tfjs-core';
import { place, take } from '../../functional/axes/slices.js';
import { asRows, span } from '../../functional/axes/windows.js';
import { evenRange } from './even-windows.js';
import type { PoolWindows } from './spec.js';

/** The windows along one axis, by the elements that they read. */
export interface MaxWindows {
  readonly count: number;
  /** For each tap the element that each window reads there. Windows that have fewer elements read one of theirs twice. */
  readonly taps: ReadonlyArray<readonly number[]>;
  /** Set where the windows are evenly spaced runs of neighbours, which backends have a kernel for. */
  readonly runs: { readonly stride: number; readonly before: number; readonly after: number } | null;
}

export function maxWindows(windows: PoolWindows): MaxWindows {
  const { input, output, size, stride, before, dilation } = windows;
  const even = stride === 0;
  const places = even
    ? evenPlaces(input, output)
    : Array.from({ length: output }, (_, o) =>
        Array.from({ length: size }, (__, t) => o * stride - before + t * dilation),
      );
  const taps = transposed(places.map((row) => within(row, input)));
  const after = Math.max(span({ kernel: size, stride, dilation, count: output }) - input - before, 0);
  const runs = !even && dilation === 1 && size > 1 ? { stride, before, after } : null;
  return { count: output, taps, runs };
}

/** The elements of windows that cover an axis evenly, the last one repeated where others have more. */
function evenPlaces(input: number, output: number): number[][] {
  const ranges = Array.from({ length: output }, (_, o) => evenRange(input, output, o));
  const most = Math.max(...ranges.map(([start, stop]) => stop - start));
  return ranges.map(([start, stop]) => Array.from({ length: most }, (_, t) => Math.min(start + t, stop - 1)));
}

/** A window's elements, those outside of the input replaced by others of the window. */
function within(places: readonly number[], input: number): number[] {
  const real = places.filter((at) => at >= 0 && at < input);
  return places.map((at) => (at < 0 ? real[0]! : at >= input ? real.at(-1)! : at));
}

function transposed(windows: readonly number[][]): number[][] {
  return Array.from({ length: windows[0]!.length }, (_, t) => windows.map((places) => places[t]!));
}

/** The largest element of each window along an axis of x. */
export function maxAlong(x: tf.Tensor, axis: number, { count, taps, runs }: MaxWindows): tf.Tensor {
  if (taps.length === 1) return take(x, axis, taps[0]!);
  // windows without a regular order are laid side by side
  const laid =
    runs === null ? take(x, axis, Array.from({ length: count }, (_, i) => taps.map((tap) => tap[i]!)).flat()) : x;
  const [outer, length, inner] = asRows(laid, axis).shape;
  const column: tf.Tensor4D = tf.reshape(laid, [outer, length, 1, inner]);
  const { stride, before, after } = runs ?? { stride: taps.length, before: 0, after: 0 };
  const padding: [[0, 0], [number, number], [number, number], [0, 0]] = [[0, 0], [before, after], [0, 0], [0, 0]]; // prettier-ignore
  const y = tf.maxPool(column, [taps.length, 1], [stride, 1], padding);
  return tf.reshape(
    y,
    x.shape.map((size, d) => (d === axis ? count : size)),
  );
}

/**
 * Sends dy back to the first of the largest elements of each window, as torch does.
 *
 * @param y {@link maxAlong} of x
 */
export function routeBack(dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, axis: number, windows: MaxWindows): tf.Tensor {
  return place(toFirstHits(dy, x, y, axis, windows), axis, windows.taps, x.shape[axis]!);
}

/** The entries of `positions`, which has x's shape, that belong to the maxima y. */
export function positionsOf(
  positions: tf.Tensor,
  x: tf.Tensor,
  y: tf.Tensor,
  axis: number,
  windows: MaxWindows,
): tf.Tensor {
  const masks = toFirstHits(tf.onesLike(y), x, y, axis, windows);
  const parts = masks.map((mask, t) => tf.mul(mask, take(positions, axis, windows.taps[t]!)));
  return parts.length === 1 ? parts[0]! : tf.addN(parts);
}

/** Deals `values`, one for each window, to the taps: each goes to the first tap that holds the maximum y, the others get 0. */
function toFirstHits(values: tf.Tensor, x: tf.Tensor, y: tf.Tensor, axis: number, { taps }: MaxWindows): tf.Tensor[] {
  let left = values;
  return taps.map((places, t) => {
    if (t === taps.length - 1) return left;
    // step is 1 where this tap is smaller; subtraction and step are fast kernels everywhere, comparisons are not
    const missed = tf.mul(left, tf.step(tf.sub(y, take(x, axis, places))));
    const hit = tf.sub(left, missed);
    left = missed;
    return hit;
  });
}
