import * as tf from '@tensorflow/tfjs-core';
import { byParts, isCarried } from '../completion/host/complex-gradient.js';

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Sums `dy` over the axes along which an input of `shape` was broadcast to it. Always a new tensor. */
export function reduceTo(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (sameShape(dy.shape, shape)) return tf.clone(dy);
  if (isCarried(dy)) return byParts(dy, (part) => reduceTo(part, shape));
  const offset = dy.rank - shape.length;
  const axes = dy.shape.flatMap((size, axis) =>
    axis < offset || (shape[axis - offset] === 1 && size !== 1) ? [axis] : [],
  );
  return tf.reshape(axes.length === 0 ? dy : tf.sum(dy, axes), [...shape]);
}

/** `shape` with the reduced axes kept at size 1. */
export function keptShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

/** Repeats `x`, whose sizes are 1 wherever they differ from `shape`'s, to `shape`. Always a new tensor. */
export function expandTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const repeats = shape.map((size, axis) => (x.shape[axis] === size ? 1 : size));
  return repeats.every((n) => n === 1) ? tf.clone(x) : tf.tile(x, repeats);
}

/** Axes as non-negative numbers; all of them for null or undefined. */
export function parseAxes(axis: number | number[] | null | undefined, shape: readonly number[]): number[] {
  return tf.util.parseAxisParam(axis as number | number[], [...shape]);
}

/** `x` as float32, itself when it is that already. */
export function float(x: tf.Tensor): tf.Tensor {
  return x.dtype === 'float32' ? x : tf.cast(x, 'float32');
}
