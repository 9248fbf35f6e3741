import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { take } from '../axes/linear-map.js';
import { perAxis } from '../axes/options.js';
import { product } from '../axes/permute.js';
import { asRows } from '../axes/windows.js';
import { customOp } from '../custom-op.js';
import { adaptiveWindows, outputSizesOf, type OutputSize } from './adaptive-windows.js';
import { poolAxes, type MaxPoolOptions } from './geometry.js';
import { maxAlong, maxAndPosition, type MaxWindows } from './max-axis.js';

/** Maxima, and where in the input's plane each lies: row-major over the spatial axes, as int32. */
export interface Maxima {
  readonly values: tf.Tensor;
  readonly indices: tf.Tensor;
}

/** Maximum over windows of x [batch, length, channels], or without batch. */
export function maxPool1d(x: tf.Tensor, options: MaxPoolOptions): tf.Tensor {
  return pool(x, 1, 'maxPool1d', maxPlan(options, 'maxPool1d'));
}

/** Maximum over windows of x [batch, height, width, channels], or without batch. */
export function maxPool2d(x: tf.Tensor, options: MaxPoolOptions): tf.Tensor {
  return pool(x, 2, 'maxPool2d', maxPlan(options, 'maxPool2d'));
}

/** Maximum over windows of x [batch, depth, height, width, channels], or without batch. */
export function maxPool3d(x: tf.Tensor, options: MaxPoolOptions): tf.Tensor {
  return pool(x, 3, 'maxPool3d', maxPlan(options, 'maxPool3d'));
}

/** {@link maxPool1d} with the positions of the maxima. */
export function maxPool1dWithIndices(x: tf.Tensor, options: MaxPoolOptions): Maxima {
  return poolWithIndices(x, 1, 'maxPool1d', maxPlan(options, 'maxPool1d'));
}

/** {@link maxPool2d} with the positions of the maxima. */
export function maxPool2dWithIndices(x: tf.Tensor, options: MaxPoolOptions): Maxima {
  return poolWithIndices(x, 2, 'maxPool2d', maxPlan(options, 'maxPool2d'));
}

/** {@link maxPool3d} with the positions of the maxima. */
export function maxPool3dWithIndices(x: tf.Tensor, options: MaxPoolOptions): Maxima {
  return poolWithIndices(x, 3, 'maxPool3d', maxPlan(options, 'maxPool3d'));
}

/** Maxima of x [batch, length, channels] over `outputSize` windows that cover it evenly. */
export function adaptiveMaxPool1d(x: tf.Tensor, outputSize: OutputSize): tf.Tensor {
  return pool(x, 1, 'adaptiveMaxPool1d', adaptivePlan(outputSize, 'adaptiveMaxPool1d'));
}

/** Maxima of x [batch, height, width, channels] over windows that cover it evenly; null keeps an axis's size. */
export function adaptiveMaxPool2d(x: tf.Tensor, outputSize: OutputSize): tf.Tensor {
  return pool(x, 2, 'adaptiveMaxPool2d', adaptivePlan(outputSize, 'adaptiveMaxPool2d'));
}

/** Maxima of x [batch, depth, height, width, channels] over windows that cover it evenly. */
export function adaptiveMaxPool3d(x: tf.Tensor, outputSize: OutputSize): tf.Tensor {
  return pool(x, 3, 'adaptiveMaxPool3d', adaptivePlan(outputSize, 'adaptiveMaxPool3d'));
}

/** {@link adaptiveMaxPool1d} with the positions of the maxima. */
export function adaptiveMaxPool1dWithIndices(x: tf.Tensor, outputSize: OutputSize): Maxima {
  return poolWithIndices(x, 1, 'adaptiveMaxPool1d', adaptivePlan(outputSize, 'adaptiveMaxPool1d'));
}

/** {@link adaptiveMaxPool2d} with the positions of the maxima. */
export function adaptiveMaxPool2dWithIndices(x: tf.Tensor, outputSize: OutputSize): Maxima {
  return poolWithIndices(x, 2, 'adaptiveMaxPool2d', adaptivePlan(outputSize, 'adaptiveMaxPool2d'));
}

/** {@link adaptiveMaxPool3d} with the positions of the maxima. */
export function adaptiveMaxPool3dWithIndices(x: tf.Tensor, outputSize: OutputSize): Maxima {
  return poolWithIndices(x, 3, 'adaptiveMaxPool3d', adaptivePlan(outputSize, 'adaptiveMaxPool3d'));
}

/** What is done along one axis: perhaps lay its windows side by side, then take maxima. */
interface AxisPlan {
  readonly pick: readonly number[] | null;
  readonly windows: MaxWindows;
}

type Plan = (sizes: readonly number[]) => AxisPlan[];

function maxPlan(options: MaxPoolOptions, name: string): Plan {
  return (sizes) => poolAxes(sizes, options, name).map((windows) => ({ pick: null, windows }));
}

function adaptivePlan(outputSize: OutputSize, name: string): Plan {
  return (sizes) =>
    outputSizesOf(outputSize, sizes, name).map((count, axis) => {
      const size = sizes[axis]!;
      const windows = adaptiveWindows(size, count);
      const kernel = Math.max(...windows.map(([start, stop]) => stop - start));
      const even = size % count === 0;
      // the shorter windows repeat their last element, which as the later of two equals never counts
      const pick = windows.flatMap(([start, stop]) =>
        Array.from({ length: kernel }, (_, i) => Math.min(start + i, stop - 1)),
      );
      return { pick: even ? null : pick, windows: { kernel, stride: kernel, dilation: 1, count, before: 0 } };
    });
}

/** Maxima over boxes are maxima along the axes one after another; last axis first, so that ties go to the first in order. */
function pool(x: tf.Tensor, spatial: number, name: string, plan: Plan): tf.Tensor {
  return scope(() =>
    batched(x, spatial, name, (input) => {
      const axes = plan(input.shape.slice(1, -1));
      return axes.reduceRight((y, { pick, windows }, axis) => {
        if (windows.kernel === 1 && windows.stride === 1 && windows.before === 0) return y;
        const picked = pick === null ? y : take(y, axis + 1, pick);
        return resized(maxAlong(asRows(picked, axis + 1), windows), y.shape, axis + 1, windows.count);
      }, tf.clone(input));
    }),
  );
}

function poolWithIndices(x: tf.Tensor, spatial: number, name: string, plan: Plan): Maxima {
  const indices = scope(() =>
    batched(x, spatial, name, (input) => {
      const sizes = input.shape.slice(1, -1);
      const plane = product(sizes);
      // positions are carried as float32
      check(plane <= 2 ** 24, () => `${name}: indices need a plane of at most 2^24 elements, got ${sizes.join(' x ')}`);
      const numbers = tf.reshape(tf.range(0, plane, 1), [1, ...sizes, 1]);
      let state = { y: input, positions: tf.add(tf.zerosLike(input), numbers) };
      plan(sizes).reduceRight((_, { pick, windows }, axis) => {
        const rows = (t: tf.Tensor): tf.Tensor3D => asRows(pick === null ? t : take(t, axis + 1, pick), axis + 1);
        const { y, positions } = maxAndPosition(rows(state.y), rows(state.positions), windows);
        const back = (t: tf.Tensor): tf.Tensor => resized(t, state.y.shape, axis + 1, windows.count);
        state = { y: back(y), positions: back(positions) };
        return null;
      }, null);
      return tf.cast(state.positions, 'int32');
    }),
  );
  return { values: pool(x, spatial, name, plan), indices };
}

function resized(y: tf.Tensor, shape: readonly number[], axis: number, size: number): tf.Tensor {
  return tf.reshape(
    y,
    shape.map((d, i) => (i === axis ? size : d)),
  );
}

/**
 * The inverse of max pooling: puts each value where its maximum came from, 0 elsewhere.
 *
 * @param x [batch, …spatial, channels]
 * @param indices int32 of x's shape, from maxPool…WithIndices
 * @param outputSize the spatial sizes of the result
 */
export function maxUnpool(x: tf.Tensor, indices: tf.Tensor, outputSize: readonly number[]): tf.Tensor {
  const spatial = outputSize.length;
  check(
    x.rank === spatial + 2 && tf.util.arraysEqual(x.shape, indices.shape),
    () =>
      `maxUnpool takes values and indices of one shape with ${spatial + 2} axes, got [${x.shape.join(', ')}] and [${indices.shape.join(', ')}]`,
  );
  perAxis(outputSize, spatial, 'maxUnpool: outputSize', 1);
  return scope(() => {
    const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
    const plane = product(outputSize);
    const shape = [batch, ...x.shape.slice(1, -1).map(() => 1), channels];
    const offsets = tf.tensor(
      Int32Array.from(
        { length: batch * channels },
        (_, i) => Math.floor(i / channels) * plane * channels + (i % channels),
      ),
      shape,
      'int32',
    );
    const flat = tf.reshape(tf.add(tf.mul(tf.cast(indices, 'int32'), tf.scalar(channels, 'int32')), offsets), [-1]);
    return tf.reshape(setAt(tf.reshape(x, [-1]), flat, batch * plane * channels), [batch, ...outputSize, channels]);
  });
}

/** Zeros with x at `indices`. Where several windows had their maximum at one place its value is set once, not added up. */
function setAt(x: tf.Tensor, indices: tf.Tensor, size: number): tf.Tensor {
  return customOp(
    [x, indices],
    (values, at) => ({ value: tf.tensorScatterUpdate(tf.zeros([size]), tf.expandDims(at, 1), values) }),
    (dy, [, at]) => [tf.gatherND(dy, tf.expandDims(at!, 1)), tf.zeros(at!.shape)],
  );
}

/** {@link maxUnpool} with the options of the pooling that it undoes, for the size that it has without remainders. */
export function unpooledSize(sizes: readonly number[], options: MaxPoolOptions): number[] {
  const axes = sizes.length;
  const kernel = perAxis(options.kernelSize, axes, 'maxUnpool: kernelSize', 1);
  const stride = perAxis(options.stride ?? options.kernelSize, axes, 'maxUnpool: stride', 1);
  const padding = perAxis(options.padding ?? 0, axes, 'maxUnpool: padding', 0);
  return sizes.map((size, axis) => (size - 1) * stride[axis]! - 2 * padding[axis]! + kernel[axis]!);
}
