import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { poolMeans } from '../../kernels/pool/gradient.js';
import { AveragePool, type AveragePoolAttrs } from '../../kernels/pool/spec.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { asRows } from '../axes/windows.js';
import { evenWindows, outputSizesOf, type OutputSize } from './adaptive-windows.js';
import { poolWindows, type AvgPoolOptions, type PoolOptions } from './geometry.js';

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

function averagePool(x: tf.Tensor, options: AvgPoolOptions, spatial: number): tf.Tensor {
  const name = `avgPool${spatial}d`;
  const { countIncludePad = true, divisorOverride = null } = options;
  check(divisorOverride !== 0, () => `${name}: divisorOverride must not be 0`);
  const divisor = countIncludePad ? 'elementsAndPadding' : 'elements';
  return scope(() =>
    batched(x, spatial, name, (input) => {
      const windows = poolWindows(input.shape.slice(1, -1), options, name);
      return divisorOverride === null
        ? means(input, { windows, divisor, factor: 1 })
        : means(input, { windows, divisor: 'nothing', factor: 1 / divisorOverride });
    }),
  );
}

/** Means of numbers, whatever their dtype. */
function means(x: tf.Tensor, attrs: AveragePoolAttrs): tf.Tensor {
  return x.dtype === 'float32' ? poolMeans(x, attrs) : AveragePool.reference({ x }, attrs)[0]!;
}

function adaptiveAverage(x: tf.Tensor, outputSize: OutputSize, spatial: number): tf.Tensor {
  const name = `adaptiveAvgPool${spatial}d`;
  return scope(() =>
    batched(x, spatial, name, (input) => {
      const sizes = input.shape.slice(1, -1);
      const windows = outputSizesOf(outputSize, sizes, name).map((count, axis) => evenWindows(sizes[axis]!, count));
      return means(input, { windows, divisor: 'elements', factor: 1 });
    }),
  );
}

/** Means over `count` windows that cover an axis of x evenly. */
export function adaptiveAverageAxis(x: tf.Tensor, axis: number, count: number): tf.Tensor {
  const size = x.shape[axis]!;
  if (count === size) return x;
  const y = means(asRows(x, axis), { windows: [evenWindows(size, count)], divisor: 'elements', factor: 1 });
  return tf.reshape(
    y,
    x.shape.map((d, i) => (i === axis ? count : d)),
  );
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
