import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import type { NativeBackend } from '../backend.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

type Axis = kernels.PoolWindows;

interface Pool {
  readonly batch: number;
  readonly channels: number;
  /** Depth, height, width. */
  readonly axes: readonly Axis[];
  readonly outputShape: number[];
}

/** What divides the sum of a window, as in `average_pool.cpp`. */
const divisors = { elements: 0, elementsAndPadding: 1, nothing: 2 } as const;

const single: Axis = { input: 1, output: 1, size: 1, stride: 1, before: 0, dilation: 1 };

type Attrs2d = Pick<tf.MaxPoolAttrs, 'filterSize' | 'strides' | 'pad'> & Partial<tf.MaxPoolAttrs>;
type Attrs3d = Pick<tf.MaxPool3DAttrs, 'filterSize' | 'strides' | 'pad' | 'dimRoundingMode'>;
type Geometry<Attributes> = (shape: number[], attrs: Attributes) => Pool;

const pool2d: Geometry<Attrs2d> = (shape, { filterSize, strides, pad, dimRoundingMode }) => {
  const info = tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { padInfo } = info;
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    axes: [
      single,
      axis(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, padInfo.top),
      axis(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, padInfo.left),
    ],
    outputShape: info.outShape,
  };
};

const pool3d: Geometry<Attrs3d> = (shape, { filterSize, strides, pad, dimRoundingMode }) => {
  const info = tf.backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { padInfo } = info;
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    axes: [
      axis(info.inDepth, info.outDepth, info.filterDepth, info.strideDepth, padInfo.front),
      axis(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, padInfo.top),
      axis(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, padInfo.left),
    ],
    outputShape: info.outShape,
  };
};

function axis(input: number, output: number, size: number, stride: number, before: number): Axis {
  return { input, output, size, stride, before, dilation: 1 };
}

/** Whether C++ can do it: it takes whole numbers, and no window without elements. */
function isUsual({ axes }: Pool): boolean {
  return axes.every((each) => {
    const { input, output, size, stride, before, dilation } = each;
    if (!Object.values(each).every((n) => Number.isInteger(n) && n >= 0)) return false;
    if (input === 0 || output === 0 || dilation === 0) return false;
    if (stride === 0) return true;
    for (let o = 0; o < output; o++) {
      const origin = o * stride - before;
      const start = origin < 0 ? origin + Math.ceil(-origin / dilation) * dilation : origin;
      if (start >= Math.min(input, origin + (size - 1) * dilation + 1)) return false;
    }
    return true;
  });
}

function numbers({ batch, channels, axes }: Pool): number[] {
  return [
    batch,
    channels,
    ...axes.flatMap(({ input, output, size, stride, before, dilation }) => [
      input,
      output,
      size,
      stride,
      before,
      dilation,
    ]),
  ];
}

function maximum<Attributes extends object>(name: string, geometry: Geometry<Attributes>): NativeKernel {
  return kernel<Attributes>(name, (backend, { x }, attrs) => {
    const pool = areFloats(x) ? geometry(x!.shape, attrs) : null;
    return pool !== null && isUsual(pool) ? runMaxPool(backend, x!, pool) : null;
  });
}

function runMaxPool(backend: NativeBackend, x: tf.TensorInfo, pool: Pool): tf.TensorInfo {
  const y = backend.output(pool.outputShape, 'float32');
  backend.call('max_pool', backend.address(x), backend.address(y), ...numbers(pool));
  return y;
}

/** @param how to count places, as in `max_pool.cpp` */
function runMaxPoolPlaces(backend: NativeBackend, x: tf.TensorInfo, pool: Pool, how: 0 | 1 | 2): tf.TensorInfo {
  const places = backend.output(pool.outputShape, 'int32');
  backend.call('max_pool_places', backend.address(x), backend.address(places), how, ...numbers(pool));
  return places;
}

function maximumGradient<Attributes extends object>(name: string, geometry: Geometry<Attributes>): NativeKernel {
  return kernel<Attributes>(name, (backend, { dy, input }, attrs) => {
    const pool = areFloats(dy, input) ? sizedAs(dy!.shape, geometry(input!.shape, attrs)) : null;
    return pool !== null && isUsual(pool) ? runMaxPoolGradient(backend, dy!, input!, pool) : null;
  });
}

function runMaxPoolGradient(backend: NativeBackend, dy: tf.TensorInfo, x: tf.TensorInfo, pool: Pool): tf.TensorInfo {
  const dx = backend.output(x.shape, 'float32');
  const addresses = [backend.address(dy), backend.address(x), backend.address(dx)];
  backend.call('max_pool_gradient', ...addresses, ...numbers(pool));
  return dx;
}

function average<Attributes extends object>(name: string, geometry: Geometry<Attributes>): NativeKernel {
  return kernel<Attributes>(name, (backend, { x }, attrs) => {
    const pool = areFloats(x) ? geometry(x!.shape, attrs) : null;
    return pool !== null && isUsual(pool) ? runAveragePool(backend, x!, pool, divisors.elements, 1) : null;
  });
}

function runAveragePool(
  backend: NativeBackend,
  x: tf.TensorInfo,
  pool: Pool,
  divisor: number,
  factor: number,
): tf.TensorInfo {
  const y = backend.output(pool.outputShape, 'float32');
  backend.call('average_pool', backend.address(x), backend.address(y), divisor, factor, ...numbers(pool));
  return y;
}

function averageGradient<Attributes extends object>(name: string, geometry: Geometry<Attributes>): NativeKernel {
  return kernel<Attributes>(name, (backend, { dy, input }, attrs) => {
    const pool = areFloats(dy, input) ? sizedAs(dy!.shape, geometry(input!.shape, attrs)) : null;
    if (pool === null || !isUsual(pool)) return null;
    return runAveragePoolGradient(backend, dy!, input!.shape, pool, divisors.elements, 1);
  });
}

function runAveragePoolGradient(
  backend: NativeBackend,
  dy: tf.TensorInfo,
  shape: number[],
  pool: Pool,
  divisor: number,
  factor: number,
): tf.TensorInfo {
  const dx = backend.output(shape, 'float32');
  backend.call('average_pool_gradient', backend.address(dy), backend.address(dx), divisor, factor, ...numbers(pool));
  return dx;
}

/** With the numbers of windows that dy has: gradients are not told how the forward kernel rounded. */
function sizedAs(shape: readonly number[], pool: Pool): Pool | null {
  if (shape.length !== pool.outputShape.length) return null;
  if (shape[0] !== pool.batch || shape.at(-1) !== pool.channels) return null;
  const sizes = [1, ...shape.slice(1, -1)].slice(-3);
  return { ...pool, axes: pool.axes.map((each, i) => ({ ...each, output: sizes[i]! })), outputShape: [...shape] };
}

/** A pooling of our own, of x with one to three spatial axes. */
function ownPool(shape: readonly number[], windows: readonly Axis[]): Pool {
  const [batch, channels] = [shape[0]!, shape.at(-1)!];
  const axes = [single, single, ...windows].slice(-3);
  return { batch, channels, axes, outputShape: [batch, ...windows.map(({ output }) => output), channels] };
}

function inputShape({ batch, channels }: Pool, windows: readonly Axis[]): number[] {
  return [batch, ...windows.map(({ input }) => input), channels];
}

/** Whether the windows are those of an input of this shape. */
function fits(shape: readonly number[], windows: readonly Axis[]): boolean {
  return shape.length === windows.length + 2 && windows.every(({ input }, i) => shape[i + 1] === input);
}

const ownKernels: readonly NativeKernel[] = [
  kernel<kernels.PoolAttrs>(kernels.MaxPool.kernelName, (backend, { x }, { windows }) => {
    const pool = ownPool(x!.shape, windows);
    return areFloats(x) && fits(x!.shape, windows) && isUsual(pool) ? runMaxPool(backend, x!, pool) : null;
  }),
  kernel<kernels.PoolAttrs>(kernels.MaxPoolGradient.kernelName, (backend, { dy, x }, { windows }) => {
    const pool = ownPool(x!.shape, windows);
    const fit = fits(x!.shape, windows) && tf.util.arraysEqual(dy!.shape, pool.outputShape);
    return areFloats(dy, x) && fit && isUsual(pool) ? runMaxPoolGradient(backend, dy!, x!, pool) : null;
  }),
  kernel<kernels.PoolAttrs>(kernels.MaxPoolPlaces.kernelName, (backend, { x }, { windows }) => {
    const pool = ownPool(x!.shape, windows);
    return areFloats(x) && fits(x!.shape, windows) && isUsual(pool) ? runMaxPoolPlaces(backend, x!, pool, 0) : null;
  }),
  kernel<kernels.AveragePoolAttrs>(kernels.AveragePool.kernelName, (backend, { x }, { windows, divisor, factor }) => {
    const pool = ownPool(x!.shape, windows);
    if (!areFloats(x) || !fits(x!.shape, windows) || !isUsual(pool)) return null;
    return runAveragePool(backend, x!, pool, divisors[divisor], factor);
  }),
  kernel<kernels.AveragePoolAttrs>(
    kernels.AveragePoolGradient.kernelName,
    (backend, { dy }, { windows, divisor, factor }) => {
      const pool = ownPool(dy!.shape, windows);
      if (!areFloats(dy) || !tf.util.arraysEqual(dy!.shape, pool.outputShape) || !isUsual(pool)) return null;
      return runAveragePoolGradient(backend, dy!, inputShape(pool, windows), pool, divisors[divisor], factor);
    },
  ),
];

export const poolingKernels: readonly NativeKernel[] = [
  ...ownKernels,
  maximum(tf.MaxPool, pool2d),
  maximum(tf.MaxPool3D, pool3d),
  maximumGradient(tf.MaxPoolGrad, pool2d),
  maximumGradient(tf.MaxPool3DGrad, pool3d),
  average(tf.AvgPool, pool2d),
  average(tf.AvgPool3D, pool3d),
  averageGradient(tf.AvgPoolGrad, pool2d),
  averageGradient(tf.AvgPool3DGrad, pool3d),
  kernel<tf.MaxPoolWithArgmaxAttrs>(tf.MaxPoolWithArgmax, (backend, { x }, { includeBatchInIndex, ...attrs }) => {
    const pool = areFloats(x) ? pool2d(x!.shape, attrs) : null;
    if (pool === null || !isUsual(pool)) return null;
    const y = runMaxPool(backend, x!, pool);
    return [y, runMaxPoolPlaces(backend, x!, pool, includeBatchInIndex ? 2 : 1)];
  }),
];
