import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';
import { pad } from './geometry.js';
import { checkFactor, checkPictures } from './pictures.js';

/** Convolves every channel with one kernel, without padding. */
function filter(x: tf.Tensor4D, kernel: readonly (readonly number[])[]): tf.Tensor4D {
  const values = kernel.flatMap((row) => row.flatMap((value) => Array.from({ length: x.shape[3] }, () => value)));
  const weight = tf.tensor4d(values, [kernel.length, kernel[0]!.length, x.shape[3], 1]);
  return tf.depthwiseConv2d(x, weight, 1, 'valid');
}

function gaussian(size: number, sigma: number): number[] {
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function both<T>(value: T | readonly [T] | readonly [T, T]): readonly [T, T] {
  if (!Array.isArray(value)) return [value as T, value as T];
  const [x, y = x] = value as readonly [T, T?];
  return [x, y];
}

/**
 * Gaussian blur with a reflected border.
 * @param kernelSize odd; one number or [x, y]
 * @param sigma deviation in pixels; one number or [x, y]; default 0.15 · kernelSize + 0.35
 */
export function gaussianBlur(
  x: tf.Tensor4D,
  kernelSize: number | readonly [number] | readonly [number, number],
  sigma?: number | readonly [number] | readonly [number, number],
): tf.Tensor4D {
  checkPictures(x);
  const [sizeX, sizeY] = both<number>(kernelSize);
  const [sigmaX, sigmaY] = sigma === undefined ? [sizeX * 0.15 + 0.35, sizeY * 0.15 + 0.35] : both<number>(sigma);
  check(
    [sizeX, sizeY].every((size) => Number.isInteger(size) && size > 0 && size % 2 === 1),
    `the kernel must have odd lengths, got ${sizeX} × ${sizeY}`,
  );
  check(sigmaX > 0 && sigmaY > 0, `sigma must be above 0, got ${sigmaX} and ${sigmaY}`);
  const [halfX, halfY] = [(sizeX - 1) / 2, (sizeY - 1) / 2];
  return scope(() => {
    const padded = pad(x, { left: halfX, right: halfX, top: halfY, bottom: halfY }, { mode: 'reflect' });
    const across = gaussian(sizeX, sigmaX);
    return filter(
      padded,
      gaussian(sizeY, sigmaY).map((weight) => across.map((other) => weight * other)),
    );
  });
}

/** Away from (factor above 1) or towards (below 1) a smoothed version; the border stays. */
export function adjustSharpness(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  checkPictures(x, [1, 3]);
  checkFactor('the sharpness factor', factor);
  const [, height, width] = x.shape;
  if (height <= 2 || width <= 2) return tf.clone(x);
  const smooth = [
    [1, 1, 1],
    [1, 5, 1],
    [1, 1, 1],
  ].map((row) => row.map((value) => value / 13));
  return scope(() => {
    const inner = tf.slice(x, [0, 1, 1, 0], [-1, height - 2, width - 2, -1]);
    const change: tf.Tensor4D = tf.mul(tf.sub(filter(x, smooth), inner), 1 - factor);
    return tf.clipByValue(tf.add(x, pad(change, 1)), 0, 1);
  });
}
