import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import type { GridPadding } from './spec.js';

/** Coordinates in [-1, 1] to element positions along an axis of `size`. */
export function toPosition(coordinate: tf.Tensor, size: number, alignCorners: boolean): tf.Tensor {
  const shifted = tf.add(coordinate, 1);
  if (alignCorners) return tf.mul(shifted, (size - 1) / 2);
  return tf.div(tf.sub(tf.mul(shifted, size), 1), 2);
}

/** Brings positions into the input as `padding` says. The gradient is 0 where they were moved to the border, also for those on it. */
export function intoInput(position: tf.Tensor, size: number, padding: GridPadding, alignCorners: boolean): tf.Tensor {
  if (padding === 'zeros') return position;
  const settle = padding === 'border' ? clipped : reflected;
  return customOp(
    [position],
    (at) => ({ value: settle(at, size, alignCorners).value }),
    (dy, [at]) => tf.mul(dy, settle(at!, size, alignCorners).slope),
  );
}

interface Settled {
  readonly value: tf.Tensor;
  /** d value / d position. */
  readonly slope: tf.Tensor;
}

function clipped(at: tf.Tensor, size: number): Settled {
  const inside = tf.logicalAnd(tf.greater(at, 0), tf.less(at, size - 1));
  return { value: tf.clipByValue(at, 0, size - 1), slope: tf.cast(inside, 'float32') };
}

/** Mirrors at the first and last element's centre (alignCorners) or outer edge, as often as needed. */
function reflected(at: tf.Tensor, size: number, alignCorners: boolean): Settled {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return { value: tf.zerosLike(at), slope: tf.zerosLike(at) };
  const offset = tf.sub(at, low);
  const distance = tf.abs(offset);
  const flips = tf.floor(tf.div(distance, span));
  const rest = tf.sub(distance, tf.mul(flips, span));
  const odd = tf.sub(flips, tf.mul(tf.floor(tf.div(flips, 2)), 2));
  // even: low + rest, odd: low + span - rest
  const direction = tf.sub(1, tf.mul(odd, 2));
  const mirrored = tf.add(tf.add(tf.mul(rest, direction), tf.mul(odd, span)), low);
  const sign = tf.sub(1, tf.mul(tf.cast(tf.less(offset, 0), 'float32'), 2));
  const { value, slope } = clipped(mirrored, size);
  return { value, slope: tf.mul(slope, tf.mul(direction, sign)) };
}
