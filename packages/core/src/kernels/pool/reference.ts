import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { product } from '../../functional/axes/permute.js';
import { averageAxis, averageAxisTransposed } from './average-axis.js';
import { maxAlong, maxWindows, positionsOf, routeBack, type MaxWindows } from './max-axis.js';
import type { AveragePoolAttrs, PoolAttrs, PoolGradientInputs, PoolInputs } from './spec.js';

export function maxPool({ x }: PoolInputs, { windows }: PoolAttrs): tf.Tensor[] {
  const axes = windows.map(maxWindows);
  return [overPicture(x, axes) ?? stages(x, axes)[0]!];
}

export function maxPoolGradient({ dy, x }: PoolInputs & PoolGradientInputs, { windows }: PoolAttrs): tf.Tensor[] {
  const axes = windows.map(maxWindows);
  const results = stages(x, axes);
  return [axes.reduce((d, along, axis) => routeBack(d, results[axis + 1]!, results[axis]!, axis + 1, along), dy)];
}

export function maxPoolPlaces({ x }: PoolInputs, { windows }: PoolAttrs): tf.Tensor[] {
  const sizes = x.shape.slice(1, -1);
  const plane = product(sizes);
  // positions are carried as float32
  check(plane <= 2 ** 24, () => `max pooling: indices need a plane of at most 2^24 elements, got ${sizes.join(' x ')}`);
  const axes = windows.map(maxWindows);
  const results = stages(x, axes);
  const numbers = tf.add(tf.zeros(x.shape), tf.reshape(tf.range(0, plane, 1), [1, ...sizes, 1]));
  const positions = axes.reduceRight(
    (at, along, axis) => positionsOf(at, results[axis + 1]!, results[axis]!, axis + 1, along),
    numbers as tf.Tensor,
  );
  return [tf.cast(positions, 'int32')];
}

/**
 * Maxima along the last axis, of these along the one before, …: x comes last, the result first. With the last axis
 * first, the first of equal elements along each axis is the first of the box in row-major order.
 */
function stages(x: tf.Tensor, axes: readonly MaxWindows[]): tf.Tensor[] {
  return axes.reduceRight((done, along, axis) => [maxAlong(done[0]!, axis + 1, along), ...done], [x]);
}

/** All at once by the kernel that backends have for two axes; null where it does not fit. */
function overPicture(x: tf.Tensor, axes: readonly MaxWindows[]): tf.Tensor | null {
  const [rows, columns] = axes.map(({ runs }) => runs);
  if (axes.length !== 2 || !rows || !columns) return null;
  return tf.maxPool(
    x as tf.Tensor4D,
    [axes[0]!.taps.length, axes[1]!.taps.length],
    [rows.stride, columns.stride],
    [[0, 0], [rows.before, rows.after], [columns.before, columns.after], [0, 0]], // prettier-ignore
  );
}

/** What is left to multiply after means along each axis. */
function rest({ windows, divisor, factor }: AveragePoolAttrs): number {
  if (divisor !== 'nothing') return factor;
  return factor * product(windows.map(({ size, stride }) => (stride === 0 ? 1 : size)));
}

const times = (x: tf.Tensor, factor: number): tf.Tensor => (factor === 1 ? x : tf.mul(x, factor));

export function averagePool({ x }: PoolInputs, attrs: AveragePoolAttrs): tf.Tensor[] {
  const means = attrs.windows.reduce((t, along, axis) => averageAxis(t, axis + 1, along, attrs.divisor), tf.clone(x));
  return [times(means, rest(attrs))];
}

export function averagePoolGradient({ dy }: PoolGradientInputs, attrs: AveragePoolAttrs): tf.Tensor[] {
  const spread = attrs.windows.reduceRight(
    (t, along, axis) => averageAxisTransposed(t, axis + 1, along, attrs.divisor),
    tf.clone(dy),
  );
  return [times(spread, rest(attrs))];
}
