import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import type { NativeBackend } from '../backend.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

type AxisMap = kernels.LinearMap;

/** The same map without the weights that are 0 at both ends of a row. */
function trimmed({ from, first, weights }: AxisMap): AxisMap {
  const starts = weights.map((row) => Math.max(row.findIndex((w) => w !== 0), 0)); // prettier-ignore
  return {
    from,
    first: first.map((at, o) => at + starts[o]!),
    weights: weights.map((row, o) => row.slice(starts[o], row.findLastIndex((w) => w !== 0) + 1)), // prettier-ignore
  };
}

/** The map that goes back, for gradients: from an axis of outputs to one of inputs. */
function transposedMap({ from, first, weights }: AxisMap): AxisMap {
  const starts = Array.from({ length: from }, () => 0);
  const rows: number[][] = Array.from({ length: from }, () => []);
  weights.forEach((row, o) => {
    row.forEach((weight, t) => {
      const i = first[o]! + t;
      if (weight === 0) return;
      const to = rows[i]!;
      if (to.length === 0) starts[i] = o;
      // outputs between two that read this input may leave it out
      while (to.length < o - starts[i]!) to.push(0);
      to.push(weight);
    });
  });
  return { from: first.length, first: starts, weights: rows };
}

/** Whether the map stays inside its input. */
function isSound({ from, first, weights }: AxisMap): boolean {
  return (
    first.length === weights.length &&
    first.every((at, o) => Number.isInteger(at) && at >= 0 && at + weights[o]!.length <= from)
  );
}

/** Maps the rows and the columns of x [batch, height, width, channels]. */
function resample(
  backend: NativeBackend,
  x: tf.TensorInfo,
  shape: readonly [batch: number, height: number, width: number, channels: number],
  rows: AxisMap,
  columns: AxisMap,
  outputShape: readonly number[],
): tf.TensorInfo {
  const tables: tf.TensorInfo[] = [];
  const table = (values: Int32Array | Float32Array): number => {
    const info = backend.makeTensorInfo([values.length], values instanceof Int32Array ? 'int32' : 'float32', values);
    tables.push(info);
    return backend.address(info);
  };
  const axis = (given: AxisMap): number[] => {
    const { from, first, weights } = trimmed(given);
    const width = weights.reduce((most, row) => Math.max(most, row.length), 1);
    const flat = new Float32Array(first.length * width);
    weights.forEach((row, o) => flat.set(row, o * width));
    const counts = Int32Array.from(weights, (row) => row.length);
    return [from, first.length, width, table(Int32Array.from(first)), table(counts), table(flat)];
  };
  const y = backend.output(outputShape, 'float32');
  const maps = [...axis(rows), ...axis(columns)];
  backend.call('resample', backend.address(x), backend.address(y), shape[0], shape[3], ...maps);
  for (const info of tables) backend.disposeIntermediateTensorInfo(info);
  return y;
}

interface ResizeAttrs {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

type Rule = (input: number, output: number, attrs: ResizeAttrs) => AxisMap;

function scaleOf(input: number, output: number, alignCorners: boolean): number {
  return alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output;
}

const bilinear: Rule = (input, output, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(input, output, alignCorners);
  const positions = Array.from({ length: output }, (_, o) =>
    Math.max(0, halfPixelCenters ? (o + 0.5) * scale - 0.5 : o * scale),
  );
  return {
    from: input,
    first: positions.map((p) => Math.min(Math.floor(p), input - 1)),
    weights: positions.map((p) => {
      const low = Math.floor(p);
      return low + 1 > input - 1 || p === low ? [1] : [1 - (p - low), p - low];
    }),
  };
};

const nearest: Rule = (input, output, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(input, output, alignCorners);
  const first = Array.from({ length: output }, (_, o) => {
    const p = halfPixelCenters ? (o + 0.5) * scale : o * scale;
    return Math.max(0, Math.min(input - 1, alignCorners ? Math.round(p) : Math.floor(p)));
  });
  return { from: input, first, weights: first.map(() => [1]) };
};

type Shape = readonly [number, number, number, number];

function forward(name: string, rule: Rule): NativeKernel {
  return kernel<tf.ResizeBilinearAttrs>(name, (backend, { images }, attrs) => {
    const [batch, height, width, channels] = images!.shape as unknown as Shape;
    const [tall, wide] = attrs.size;
    if (!areFloats(images) || !sizes(height, width, tall, wide)) return null;
    const rows = rule(height, tall, attrs);
    const columns = rule(width, wide, attrs);
    return resample(backend, images!, [batch, height, width, channels], rows, columns, [batch, tall, wide, channels]);
  });
}

function gradient(name: string, rule: Rule): NativeKernel {
  return kernel<ResizeAttrs>(name, (backend, { images, dy }, attrs) => {
    const [, height, width] = images!.shape as unknown as Shape;
    const shape = dy!.shape as unknown as Shape;
    if (!areFloats(dy) || !sizes(height, width, shape[1], shape[2])) return null;
    const rows = transposedMap(rule(height, shape[1], attrs));
    const columns = transposedMap(rule(width, shape[2], attrs));
    return resample(backend, dy!, shape, rows, columns, images!.shape);
  });
}

function sizes(...values: number[]): boolean {
  return values.every((n) => Number.isInteger(n) && n > 0);
}

const resampleKernel = kernel<kernels.ResampleAttrs>(
  kernels.Resample.kernelName,
  (backend, { x }, { rows, columns, transposed }) => {
    if (!areFloats(x) || x!.shape.length !== 4) return null;
    const [batch, height, width, channels] = x!.shape as unknown as Shape;
    const maps = [rows, columns].map((given, i) => {
      const map = given ?? identity([height, width][i]!);
      return transposed && given !== null ? transposedMap(map) : map;
    });
    const [down, across] = maps as [AxisMap, AxisMap];
    if (!isSound(down) || !isSound(across) || down.from !== height || across.from !== width) return null;
    const shape = [batch, down.first.length, across.first.length, channels];
    return resample(backend, x!, [batch, height, width, channels], down, across, shape);
  },
);

function identity(size: number): AxisMap {
  const first = Array.from({ length: size }, (_, i) => i);
  return { from: size, first, weights: first.map(() => [1]) };
}

/** Resizing, with positions as in core's kernels for other backends. */
export const resizeKernels: readonly NativeKernel[] = [
  resampleKernel,
  forward(tf.ResizeBilinear, bilinear),
  forward(tf.ResizeNearestNeighbor, nearest),
  gradient(tf.ResizeBilinearGrad, bilinear),
  gradient(tf.ResizeNearestNeighborGrad, nearest),
];
