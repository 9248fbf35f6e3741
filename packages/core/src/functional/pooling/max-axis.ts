import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../custom-op.js';
import { crop, placeTaps, span, taps, type Windows } from '../axes/windows.js';

/** Windows along the middle axis of [outer, axis, inner], the first of which begins `before` elements outside. */
export interface MaxWindows extends Windows {
  readonly before: number;
}

/**
 * The largest element of each window. The gradient goes to the first of equal ones, as in torch; TFJS's own gradient
 * of maxPool picks another one on wasm, and element 0 where all are negative.
 */
export function maxAlong(x: tf.Tensor3D, windows: MaxWindows): tf.Tensor3D {
  return customOp(
    [x],
    (input) => {
      const value = largest(input as tf.Tensor3D, windows);
      return { value, saved: [value] };
    },
    (dy, [input], saved) => {
      const y = saved === null ? maxAlong(input as tf.Tensor3D, windows) : (saved[0] as tf.Tensor3D);
      const parts = firstHits(input as tf.Tensor3D, y, windows).map((hit) => tf.mul<tf.Tensor3D>(hit, dy));
      const { before } = windows;
      const length = input!.shape[1]!;
      return crop(placeTaps(parts, windows, span(windows)), before, length);
    },
  ) as tf.Tensor3D;
}

function largest(x: tf.Tensor3D, windows: MaxWindows): tf.Tensor3D {
  const { kernel, stride, dilation, count, before } = windows;
  const [outer, length, inner] = x.shape;
  if (dilation > 1 || kernel === 1) {
    const parts = taps(crop(x, -before, span(windows), -Infinity), windows);
    return parts.reduce((a, b) => tf.maximum<tf.Tensor3D>(a, b));
  }
  const after = Math.max(span(windows) - before - length, 0);
  const column: tf.Tensor4D = tf.reshape(x, [outer, length, 1, inner]);
  const y = tf.maxPool(
    column,
    [kernel, 1],
    [stride, 1],
    [
      [0, 0],
      [before, after],
      [0, 0],
      [0, 0],
    ],
  );
  return tf.reshape(y, [outer, count, inner]);
}

/** For each tap a mask that is 1 where it is the first of its window to hold the maximum y. */
function firstHits(x: tf.Tensor3D, y: tf.Tensor3D, windows: MaxWindows): tf.Tensor3D[] {
  let free: tf.Tensor3D = tf.onesLike(y);
  const parts = taps(crop(x, -windows.before, span(windows), -Infinity), windows);
  return parts.map((part, t) => {
    if (t === parts.length - 1) return free;
    // 1 where this tap is smaller; subtraction and step are the fast kernels here, comparisons are not
    const missed = tf.mul<tf.Tensor3D>(free, tf.step(tf.sub(y, part)));
    const hit = tf.sub<tf.Tensor3D>(free, missed);
    free = missed;
    return hit;
  });
}

/** {@link maxAlong} of x, with the values of `positions` (of x's shape) where the maxima lie. Not differentiable. */
export function maxAndPosition(
  x: tf.Tensor3D,
  positions: tf.Tensor3D,
  windows: MaxWindows,
): { y: tf.Tensor3D; positions: tf.Tensor3D } {
  const y = largest(x, windows);
  const places = taps(crop(positions, -windows.before, span(windows)), windows);
  return { y, positions: tf.addN(firstHits(x, y, windows).map((hit, t) => tf.mul<tf.Tensor3D>(hit, places[t]!))) };
}
