import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { customOp } from '../../gradients/custom-op.js';
import { poolMaxima } from '../../kernels/pool/gradient.js';
import { MaxPool, MaxPoolPlaces, type PoolWindows } from '../../kernels/pool/spec.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { constantOf } from '../axes/constant.js';
import { perAxis } from '../axes/options.js';
import { product } from '../axes/permute.js';
import { evenWindows, outputSizesOf, type OutputSize } from './adaptive-windows.js';
import { poolWindows, type MaxPoolOptions } from './geometry.js';

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

/** The windows along each axis of an input with these sizes. */
type Plan = (sizes: readonly number[]) => PoolWindows[];

function maxPlan(options: MaxPoolOptions, name: string): Plan {
  return (sizes) => {
    const windows = poolWindows(sizes, options, name);
    windows.forEach(checkWindows);
    return windows;
  };
}

/** Dilated windows may step over the input. */
function checkWindows({ input, output, size, stride, before, dilation }: PoolWindows): void {
  for (let o = 0; o < output; o++) {
    const start = o * stride - before;
    const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
    const last = start + (size - 1) * dilation;
    check(first < input && first <= last, () => `max pooling: window ${o} lies in the padding altogether`);
  }
}

function adaptivePlan(outputSize: OutputSize, name: string): Plan {
  return (sizes) => outputSizesOf(outputSize, sizes, name).map((count, axis) => evenWindows(sizes[axis]!, count));
}

function pool(x: tf.Tensor, spatial: number, name: string, plan: Plan): tf.Tensor {
  return scope(() =>
    batched(x, spatial, name, (input) => {
      const attrs = { windows: plan(input.shape.slice(1, -1)) };
      return input.dtype === 'float32' ? poolMaxima(input, attrs) : MaxPool.reference({ x: input }, attrs)[0]!;
    }),
  );
}

function poolWithIndices(x: tf.Tensor, spatial: number, name: string, plan: Plan): Maxima {
  const indices = scope(() =>
    batched(x, spatial, name, (input) => {
      const attrs = { windows: plan(input.shape.slice(1, -1)) };
      const places = input.dtype === 'float32' ? MaxPoolPlaces.run : MaxPoolPlaces.reference;
      return constantOf([input], (value) => places({ x: value! }, attrs)[0]!);
    }),
  );
  return { values: pool(x, spatial, name, plan), indices };
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
