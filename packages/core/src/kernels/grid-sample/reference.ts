import * as tf from '@tensorflow/tfjs-core';
import { constantOf } from '../../functional/axes/constant.js';
import { product } from '../../functional/axes/permute.js';
import { takeRows } from '../../functional/axes/slices.js';
import { gradientInside } from '../../gradients/nested.js';
import { intoInput, toPosition } from './coordinates.js';
import type {
  GridSampleAttrs,
  GridSampleGridGradientInputs,
  GridSampleInputGradientAttrs,
  GridSampleInputGradientInputs,
  GridSampleInputs,
} from './spec.js';

export function gridSample({ x, grid }: GridSampleInputs, attrs: GridSampleAttrs): tf.Tensor[] {
  const { mode, padding, alignCorners } = attrs;
  const sizes = x.shape.slice(1, -1);
  const points = grid.shape.slice(1, -1);
  const shape = [x.shape[0]!, ...points, x.shape.at(-1)!];
  if (product(shape) === 0) return [tf.zeros(shape)];
  const flat = tf.reshape(grid, [grid.shape[0]!, product(points), sizes.length]);
  // the grid has x first, the axes have it last
  const positions = tf
    .unstack(flat, 2)
    .toReversed() // the list itself belongs to the gradient tape
    .map((coordinate, axis) => toPosition(coordinate, sizes[axis]!, alignCorners));
  const settle = (position: tf.Tensor, axis: number): tf.Tensor =>
    intoInput(position, sizes[axis]!, padding, alignCorners);
  const stencils = positions.map((position, axis) =>
    mode === 'bicubic' ? cubicStencil(position, (at) => settle(at, axis)) : stencil(settle(position, axis), mode),
  );
  return [tf.reshape(weightedSum(x, stencils), shape)];
}

/** The sampling is linear in x. */
export function gridSampleInputGradient(
  { grid, dy }: GridSampleInputGradientInputs,
  { shape, ...attrs }: GridSampleInputGradientAttrs,
): tf.Tensor[] {
  if (dy.size === 0 || product(shape) === 0) return [tf.zeros([...shape])];
  return [gradientInside((x) => gridSample({ x, grid }, attrs)[0]!, tf.zeros([...shape]), dy)];
}

export function gridSampleGridGradient(
  { x, grid, dy }: GridSampleGridGradientInputs,
  attrs: GridSampleAttrs,
): tf.Tensor[] {
  if (dy.size === 0 || attrs.mode === 'nearest') return [tf.zeros(grid.shape)];
  return [gradientInside((moved) => gridSample({ x, grid: moved }, attrs)[0]!, grid, dy)];
}

/** One of the elements along one axis that a point reads: whole positions and their weights, both [batch, points]. */
interface Tap {
  readonly at: tf.Tensor;
  readonly weight: tf.Tensor;
}

function stencil(position: tf.Tensor, mode: 'bilinear' | 'nearest'): Tap[] {
  if (mode === 'nearest') {
    const at = tf.round(position);
    return [{ at, weight: tf.onesLike(at) }];
  }
  const low = tf.floor(position);
  const fraction = tf.sub(position, low);
  return [
    { at: low, weight: tf.sub(1, fraction) },
    { at: tf.add(low, 1), weight: fraction },
  ];
}

/** Cubic convolution with a = -0.75; each of the four elements is settled by itself. */
function cubicStencil(position: tf.Tensor, settle: (at: tf.Tensor) => tf.Tensor): Tap[] {
  const a = -0.75;
  const low = tf.floor(position);
  const t = tf.sub(position, low);
  const near = (d: tf.Tensor): tf.Tensor => tf.add(tf.mul(tf.mul(tf.sub(tf.mul(d, a + 2), a + 3), d), d), 1);
  const far = (d: tf.Tensor): tf.Tensor => tf.sub(tf.mul(tf.mul(tf.add(tf.mul(tf.sub(d, 5), d), 8), d), a), 4 * a);
  const weights = [far(tf.add(t, 1)), near(t), near(tf.sub(1, t)), far(tf.sub(2, t))];
  return weights.map((weight, i) => ({ at: settle(tf.add(low, i - 1)), weight }));
}

/** Sum over the product of the axes' taps. */
function weightedSum(x: tf.Tensor, stencils: readonly Tap[][]): tf.Tensor {
  const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
  const sizes = x.shape.slice(1, -1);
  const rows = tf.reshape(x, [batch * product(sizes), channels]);
  const combinations = stencils.reduce<Tap[][]>(
    (all, taps) => all.flatMap((chosen) => taps.map((tap) => [...chosen, tap])),
    [[]],
  );
  const terms = combinations.map((taps) => {
    const places = taps.map(({ at }) => at);
    const values = takeRows(rows, (...at) => rowNumbers(at, batch, sizes), places);
    const weight = taps.map((tap) => tap.weight).reduce((a, b) => tf.mul(a, b));
    const masked = tf.mul(weight, inside(places, sizes));
    return tf.mul(values, tf.reshape(masked, [masked.size, 1]));
  });
  return terms.length === 1 ? terms[0]! : tf.addN(terms);
}

/** 1 where all positions are elements of the input. */
function inside(places: readonly tf.Tensor[], sizes: readonly number[]): tf.Tensor {
  return constantOf(places, (...values) => {
    const each = values.map((at, axis) => tf.logicalAnd(tf.greaterEqual(at, 0), tf.lessEqual(at, sizes[axis]! - 1)));
    return tf.cast(
      each.reduce((a, b) => tf.logicalAnd(a, b)),
      'float32',
    );
  });
}

function rowNumbers(places: readonly tf.Tensor[], batch: number, sizes: readonly number[]): tf.Tensor {
  const whole = places.map((at, axis) => tf.cast(tf.clipByValue(at, 0, sizes[axis]! - 1), 'int32'));
  const first = tf.expandDims(tf.range(0, batch, 1, 'int32'), 1);
  const numbers = whole.reduce<tf.Tensor>(
    (row, at, axis) => tf.add(tf.mul(row, tf.scalar(sizes[axis]!, 'int32')), at),
    first,
  );
  return tf.reshape(numbers, [numbers.size]);
}
