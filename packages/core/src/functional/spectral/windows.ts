import * as tf from '@tensorflow/tfjs-core';
import { checkCount } from '../../errors.js';

export interface WindowOptions {
  /** One period of a longer signal (default, for spectral analysis), or symmetric. */
  readonly periodic?: boolean;
}

/** ½ - ½ cos(2πi / N): float32 [length]. */
export function hannWindow(length: number, options: WindowOptions = {}): tf.Tensor1D {
  return hammingWindow(length, { ...options, alpha: 0.5, beta: 0.5 });
}

/** alpha - beta cos(2πi / N), 0.54 and 0.46 by default. */
export function hammingWindow(
  length: number,
  options: WindowOptions & { readonly alpha?: number; readonly beta?: number } = {},
): tf.Tensor1D {
  const { alpha = 0.54, beta = 0.46 } = options;
  return make(length, options, (i, n) => alpha - beta * Math.cos((2 * Math.PI * i) / n));
}

/** 0.42 - 0.5 cos(2πi / N) + 0.08 cos(4πi / N) */
export function blackmanWindow(length: number, options: WindowOptions = {}): tf.Tensor1D {
  return make(
    length,
    options,
    (i, n) => 0.42 - 0.5 * Math.cos((2 * Math.PI * i) / n) + 0.08 * Math.cos((4 * Math.PI * i) / n),
  );
}

/** A triangle: 1 - |2i / N - 1|. */
export function bartlettWindow(length: number, options: WindowOptions = {}): tf.Tensor1D {
  return make(length, options, (i, n) => 1 - Math.abs((2 * i) / n - 1));
}

/** I₀(beta √(1 - (2i / N - 1)²)) / I₀(beta), beta 12 by default (Kaiser and Schafer 1980). */
export function kaiserWindow(length: number, options: WindowOptions & { readonly beta?: number } = {}): tf.Tensor1D {
  const { beta = 12 } = options;
  return make(length, options, (i, n) => besselI0(beta * Math.sqrt(1 - ((2 * i) / n - 1) ** 2)) / besselI0(beta));
}

function make(length: number, { periodic = true }: WindowOptions, at: (i: number, n: number) => number): tf.Tensor1D {
  checkCount("a window's length", length, 0);
  if (length === 1) return tf.tensor1d([1]);
  return tf.tensor1d(Float32Array.from({ length }, (_, i) => at(i, periodic ? length : length - 1)));
}

/** Modified Bessel function of the first kind and order 0, by its power series. */
export function besselI0(x: number): number {
  let [term, sum] = [1, 1];
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
