import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { AveragePool, AveragePoolGradient, type AveragePoolAttrs, type PoolWindows } from '../../kernels/pool/spec.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { mapAxis } from '../axes/linear-map.js';
import { asRows, crop, placeTaps, span, taps, type Windows } from '../axes/windows.js';
import { customOp } from '../../gradients/custom-op.js';
import { adaptiveWindows, evenWindows, outputSizesOf, type OutputSize } from './adaptive-windows.js';
import { poolAxes, type AvgPoolOptions, type PoolAxis, type PoolOptions } from './geometry.js';

/** Mean over windows of x [batch, length, channels], or without batch. */
export function avgPool1d(x: tf.Tensor, options: AvgPoolOptions): tf.Tensor {
  return averagePool(x, options, 1);
}

/** Mean over windows of x [batch, height, width, channels], or without batch. */
export function avgPool2d(x: tf.Tensor, options: AvgPoolOptions): tf.Tensor {
  return averagePool(x, options, 2);
}

/** Mean over windows of x [batch, depth, height, width, channels], or without batch. */
export function avgPool3d(x: tf.Tensor, options: AvgPoolOptions): tf.Tensor {
  return averagePool(x, options, 3);
}

/** Means of x [batch, length, channels] over `outputSize` windows that cover it evenly. */
export function adaptiveAvgPool1d(x: tf.Tensor, outputSize: OutputSize): tf.Tensor {
  return adaptiveAverage(x, outputSize, 1);
}

/** Means of x [batch, height, width, channels] over windows that cover it evenly; null keeps an axis's size. */
export function adaptiveAvgPool2d(x: tf.Tensor, outputSize: OutputSize): tf.Tensor {
  return adaptiveAverage(x, outputSize, 2);
}

/** Means of x [batch, depth, height, width, channels] over windows that cover it evenly. */
export function adaptiveAvgPool3d(x: tf.Tensor, outputSize: OutputSize): tf.Tensor {
  return adaptiveAverage(x, outputSize, 3);
}

/** p-norms over windows of x [batch, length, channels]; the windows are not padded. */
export function lpPool1d(x: tf.Tensor, normType: number, options: Omit<PoolOptions, 'padding'>): tf.Tensor {
  return lpPool(x, normType, options, 1);
}

/** p-norms over windows of x [batch, height, width, channels]; the windows are not padded. */
export function lpPool2d(x: tf.Tensor, normType: number, options: Omit<PoolOptions, 'padding'>): tf.Tensor {
  return lpPool(x, normType, options, 2);
}

/** p-norms over windows of x [batch, depth, height, width, channels]; the windows are not padded. */
export function lpPool3d(x: tf.Tensor, normType: number, options: Omit<PoolOptions, 'padding'>): tf.Tensor {
  return lpPool(x, normType, options, 3);
}

// A mean over a box is the mean along one axis after another, also with padding that does or does not count.

function averagePool(x: tf.Tensor, options: AvgPoolOptions, spatial: number): tf.Tensor {
  const name = `avgPool${spatial}d`;
  const { countIncludePad = true, divisorOverride = null } = options;
  check(divisorOverride !== 0, () => `${name}: divisorOverride must not be 0`);
  return scope(() =>
    batched(x, spatial, name, (input) => {
      const axes = poolAxes(input.shape.slice(1, -1), options, name);
      const sums = divisorOverride !== null;
      const volume = axes.reduce((size, { kernel }) => size * kernel, 1);
      if (isOwn(input)) {
        return means(input, {
          windows: axes.map(({ size: length, count: output, kernel: size, stride, before }): PoolWindows => {
            return { input: length, output, size, stride, before, dilation: 1 };
          }),
          divisor: sums ? 'nothing' : countIncludePad ? 'elementsAndPadding' : 'elements',
          factor: sums ? 1 / divisorOverride : 1,
        });
      }
      const y = axes.reduce((t, windows, axis) => {
        const counts = sums ? null : windowCounts(windows, countIncludePad);
        return averageAxis(t, axis + 1, windows, counts);
      }, tf.clone(input));
      return sums ? tf.mul(y, volume / divisorOverride) : y;
    }),
  );
}

/** Whether the kernels of our own do it. */
function isOwn(x: tf.Tensor): boolean {
  return AveragePool.isBrought && x.dtype === 'float32';
}

/** Means by the kernel of our own; differentiable any number of times, since the two are each other's transpose. */
function means(x: tf.Tensor, attrs: AveragePoolAttrs): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: AveragePool.run({ x: input }, attrs)![0]! }),
    (dy) => meansTransposed(dy, attrs),
  );
}

function meansTransposed(dy: tf.Tensor, attrs: AveragePoolAttrs): tf.Tensor {
  return customOp(
    [dy],
    (gradient) => ({ value: AveragePoolGradient.run({ dy: gradient }, attrs)![0]! }),
    (ddx) => means(ddx, attrs),
  );
}

/** How many elements count in each window. */
function windowCounts({ kernel, stride, count, size, before }: PoolAxis, includePad: boolean): number[] {
  return Array.from({ length: count }, (_, i) => {
    const start = i * stride - before;
    const stop = Math.min(start + kernel, size + before);
    return includePad ? stop - start : Math.min(stop, size) - Math.max(start, 0);
  });
}

function averageAxis(x: tf.Tensor, axis: number, windows: PoolAxis, counts: readonly number[] | null): tf.Tensor {
  const { kernel, stride, count, before } = windows;
  if (kernel === 1 && stride === 1) return x;
  const means = meanAlong(crop(asRows(x, axis), -before, span(windows)), windows);
  const shape = x.shape.map((size, i) => (i === axis ? count : size));
  const y = tf.reshape(means, shape);
  if (counts === null || counts.every((n) => n === kernel)) return y;
  const factors = counts.map((n) => kernel / n);
  return tf.mul(y, tf.tensor(factors, [count, ...shape.slice(axis + 1).map(() => 1)]));
}

/** Means over windows without padding along the middle axis of [outer, axis, inner]. */
function meanAlong(x: tf.Tensor3D, windows: Windows): tf.Tensor3D {
  const { kernel, stride, count } = windows;
  if (kernel === 1) return taps(x, windows)[0]!;
  const [outer, length, inner] = x.shape;
  return customOp(
    [x],
    (input) => {
      const column: tf.Tensor4D = tf.reshape(input, [outer, length, 1, inner]);
      const y = tf.avgPool(column, [kernel, 1], [stride, 1], 'valid');
      return { value: tf.reshape(y, [outer, count, inner]) };
    },
    (dy) => {
      const share = tf.mul(dy, 1 / kernel) as tf.Tensor3D;
      if (stride === kernel) {
        const spread = tf.mul(tf.reshape(share, [outer, count, 1, inner]), tf.ones([1, 1, kernel, 1]));
        return tf.reshape(spread, [outer, length, inner]);
      }
      return placeTaps(
        Array.from({ length: kernel }, () => share),
        windows,
        length,
      );
    },
  ) as tf.Tensor3D;
}

function adaptiveAverage(x: tf.Tensor, outputSize: OutputSize, spatial: number): tf.Tensor {
  const name = `adaptiveAvgPool${spatial}d`;
  return scope(() =>
    batched(x, spatial, name, (input) => {
      const sizes = input.shape.slice(1, -1);
      const counts = outputSizesOf(outputSize, sizes, name);
      if (isOwn(input)) {
        const windows = counts.map((count, axis) => evenWindows(sizes[axis]!, count));
        return means(input, { windows, divisor: 'elements', factor: 1 });
      }
      return counts.reduce((y, count, axis) => adaptiveAverageAxis(y, axis + 1, count), tf.clone(input));
    }),
  );
}

/** Means over `count` windows that cover an axis of x evenly. */
export function adaptiveAverageAxis(x: tf.Tensor, axis: number, count: number): tf.Tensor {
  const size = x.shape[axis]!;
  if (count === size) return x;
  if (isOwn(x)) {
    const picture = tf.expandDims(asRows(x, axis), 2);
    const windows = [evenWindows(size, count), evenWindows(1, 1)];
    const y = means(picture, { windows, divisor: 'elements', factor: 1 });
    return tf.reshape(
      y,
      x.shape.map((d, i) => (i === axis ? count : d)),
    );
  }
  if (size % count === 0) {
    const kernel = size / count;
    const windows: PoolAxis = { kernel, stride: kernel, dilation: 1, count, size, before: 0, after: 0 };
    return averageAxis(x, axis, windows, null);
  }
  const windows = adaptiveWindows(size, count);
  return mapAxis(x, axis, {
    from: size,
    first: windows.map(([start]) => start),
    weights: windows.map(([start, stop]) => Array.from({ length: stop - start }, () => 1 / (stop - start))),
  });
}

function lpPool(x: tf.Tensor, normType: number, options: Omit<PoolOptions, 'padding'>, spatial: number): tf.Tensor {
  check(normType > 0, () => `lpPool${spatial}d: normType must be positive, got ${normType}`);
  return scope(() => {
    const powers = normType === 2 ? tf.square(x) : tf.pow(x, normType);
    const { kernelSize, stride, ceilMode } = options;
    const means = averagePool(
      powers,
      { kernelSize, stride: stride ?? kernelSize, ceilMode: ceilMode ?? false },
      spatial,
    );
    const kernel = typeof kernelSize === 'number' ? kernelSize ** spatial : kernelSize.reduce((a, b) => a * b, 1);
    const sums = tf.mul(means, kernel);
    return normType === 2 ? tf.sqrt(sums) : tf.pow(sums, 1 / normType);
  });
}
