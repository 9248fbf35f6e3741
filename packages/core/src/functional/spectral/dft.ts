import * as tf from '@tensorflow/tfjs-core';
import { Dft, RealDft, RealInverseDft } from '../../kernels/fourier/spec.js';
import { customOp } from '../../gradients/custom-op.js';
import { complexMul } from './complex.js';

/*
 * Discrete Fourier transforms of the rows of a matrix as products with real matrices: fast on every backend, and
 * differentiable any number of times. Complex rows [rows, n, 2] are read as [rows, 2n], real and imaginary parts by turns.
 * Lengths beyond one matrix split into factors (Cooley and Tukey 1965); large primes become a convolution (Bluestein 1970).
 */

/** Longest transform that is one matrix product. */
const longestMatrix = 512;

/** Sign of the exponent: -1 forward, 1 inverse. Nothing is scaled. */
export type Sign = -1 | 1;

/** x [rows, n, 2] to factor · Σ_j x_j exp(sign 2πi jk / n), [rows, n, 2]. */
export function dft(x: tf.Tensor, sign: Sign, factor: number): tf.Tensor {
  if (!Dft.isBrought || x.dtype !== 'float32') return scaled(complexDft(x, sign), factor);
  return customOp(
    [x],
    (input) => ({ value: Dft.run({ x: input! }, { sign, factor })![0]! }),
    (dy) => dft(dy, -sign as Sign, factor),
  );
}

function scaled(x: tf.Tensor, factor: number): tf.Tensor {
  return factor === 1 ? x : tf.mul(x, factor);
}

function complexDft(x: tf.Tensor, sign: Sign): tf.Tensor {
  const [rows, n] = x.shape as [number, number];
  if (n <= longestMatrix)
    return product(x, matrix(`complex ${n} ${sign}`, 2 * n, 2 * n, complexMatrix(n, sign)), [rows, n, 2]);
  const factor = largestFactor(n);
  return factor > 1 ? split(x, factor, sign) : chirp(x, sign);
}

/** Real x [rows, n] to the first n / 2 + 1 terms of its forward transform times factor: [rows, floor(n / 2) + 1, 2]. */
export function realDft(x: tf.Tensor, factor: number): tf.Tensor {
  if (!RealDft.isBrought || x.dtype !== 'float32') return scaled(halfDft(x), factor);
  return realForward(x, false, factor);
}

/** With `doubled` terms that stand for two count twice, which is the transpose of the inverse. */
function realForward(x: tf.Tensor, doubled: boolean, factor: number): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: RealDft.run({ x: input! }, { doubled, factor })![0]! }),
    (dy) => realBackward(dy, x.shape[1]!, doubled, factor),
  );
}

function realBackward(x: tf.Tensor, n: number, doubled: boolean, factor: number): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: RealInverseDft.run({ x: input! }, { n, doubled, factor })![0]! }),
    (dy) => realForward(dy, doubled, factor),
  );
}

function halfDft(x: tf.Tensor): tf.Tensor {
  const [rows, n] = x.shape as [number, number];
  const bins = Math.floor(n / 2) + 1;
  if (n > longestMatrix) {
    const all = complexDft(tf.stack([x, tf.zerosLike(x)], -1), -1);
    return tf.slice(all, [0, 0, 0], [rows, bins, 2]);
  }
  const fill = (values: Float32Array): void => {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < bins; k++) {
        values[(j * bins + k) * 2] = cosine(j * k, n);
        values[(j * bins + k) * 2 + 1] = -sine(j * k, n);
      }
    }
  };
  return product(x, matrix(`real ${n}`, n, 2 * bins, fill), [rows, bins, 2]);
}

/**
 * The inverse of {@link realDft} times n · factor: x [rows, floor(n / 2) + 1, 2] to real [rows, n]. As in torch, the imaginary
 * parts of the first and (for even n) the last term do not count.
 */
export function realInverseDft(x: tf.Tensor, n: number, factor: number): tf.Tensor {
  if (!RealInverseDft.isBrought || x.dtype !== 'float32') return scaled(halfInverseDft(x, n), factor);
  return realBackward(x, n, true, factor);
}

function halfInverseDft(x: tf.Tensor, n: number): tf.Tensor {
  const [rows, bins] = x.shape as [number, number];
  if (n > longestMatrix) return fromHalf(x, n);
  const fill = (values: Float32Array): void => {
    for (let k = 0; k < bins; k++) {
      const once = k === 0 || 2 * k === n;
      for (let j = 0; j < n; j++) {
        values[2 * k * n + j] = (once ? 1 : 2) * cosine(j * k, n);
        values[(2 * k + 1) * n + j] = once ? 0 : -2 * sine(j * k, n);
      }
    }
  };
  return product(x, matrix(`half ${n}`, 2 * bins, n, fill), [rows, n]);
}

function fromHalf(x: tf.Tensor, n: number): tf.Tensor {
  const [rows, bins] = x.shape as [number, number];
  // twice the terms that stand for two, and the real part of a transform over nothing else
  const weights = Float32Array.from({ length: 2 * bins }, (_, at) => {
    const k = at >> 1;
    const once = k === 0 || 2 * k === n;
    return once ? (at % 2 === 0 ? 1 : 0) : 2;
  });
  const half = tf.mul(x, tf.tensor2d(weights, [bins, 2]));
  const all = complexDft(
    tf.pad(half, [
      [0, 0],
      [0, n - bins],
      [0, 0],
    ]),
    1,
  );
  return tf.reshape(tf.slice(all, [0, 0, 0], [rows, n, 1]), [rows, n]);
}

/** n = a b: transforms of length a, a turn of each term, transforms of length b. */
function split(x: tf.Tensor, a: number, sign: Sign): tf.Tensor {
  const [rows, n] = x.shape as [number, number];
  const b = n / a;
  // [rows, a, b] to [rows, b, a]: input j = j1 b + j2, output k = k1 + a k2
  const columns = tf.transpose(tf.reshape(x, [rows, a, b, 2]), [0, 2, 1, 3]);
  const inner = tf.reshape(complexDft(tf.reshape(columns, [rows * b, a, 2]), sign), [rows, b, a, 2]);
  const turns = roots(b * a, (at) => Math.floor(at / a) * (at % a), n, sign);
  const turned = complexMul(inner, tf.reshape(turns, [b, a, 2]));
  const outer = complexDft(tf.reshape(tf.transpose(turned, [0, 2, 1, 3]), [rows * a, b, 2]), sign);
  return tf.reshape(tf.transpose(tf.reshape(outer, [rows, a, b, 2]), [0, 2, 1, 3]), [rows, n, 2]);
}

/** For a large prime n: jk = (j² + k² - (k - j)²) / 2 makes the transform a convolution, done at a power of two. */
function chirp(x: tf.Tensor, sign: Sign): tf.Tensor {
  const [rows, n] = x.shape as [number, number];
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  // j² modulo 2n, so that the angle stays exact for large j
  const square = (j: number): number => Number((BigInt(j) * BigInt(j)) % BigInt(2 * n));
  const chirps = roots(n, square, 2 * n, sign);
  const filter = new Float32Array(2 * size);
  for (let j = 0; j < n; j++) {
    for (const at of [j, (size - j) % size]) {
      filter[2 * at] = cosine(square(j), 2 * n);
      filter[2 * at + 1] = -sign * sine(square(j), 2 * n);
    }
  }
  const padded = tf.pad(complexMul(x, chirps), [
    [0, 0],
    [0, size - n],
    [0, 0],
  ]);
  const spectrum = complexMul(complexDft(padded, -1), complexDft(tf.tensor3d(filter, [1, size, 2]), -1));
  const convolved = tf.slice(complexDft(spectrum, 1), [0, 0, 0], [rows, n, 2]);
  return complexMul(convolved, tf.div(chirps, size));
}

/** A factor of n as near to its root as possible, at most {@link longestMatrix}; 1 if there is none. */
function largestFactor(n: number): number {
  for (let a = Math.floor(Math.sqrt(n)); a > 1; a--) if (n % a === 0 && a <= longestMatrix) return a;
  return 1;
}

/** exp(sign 2πi turn(at) / n) for at below `count`: [count, 2]. */
function roots(count: number, turn: (at: number) => number, n: number, sign: Sign): tf.Tensor2D {
  const values = new Float32Array(2 * count);
  for (let at = 0; at < count; at++) {
    values[2 * at] = cosine(turn(at), n);
    values[2 * at + 1] = sign * sine(turn(at), n);
  }
  return tf.tensor2d(values, [count, 2]);
}

function complexMatrix(n: number, sign: Sign): (values: Float32Array) => void {
  return (values) => {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) {
        const [c, s] = [cosine(j * k, n), sign * sine(j * k, n)];
        const at = 4 * j * n + 2 * k;
        values[at] = c;
        values[at + 1] = s;
        values[at + 2 * n] = -s;
        values[at + 2 * n + 1] = c;
      }
    }
  };
}

// the multiple is reduced first: cos of a large argument is not exact
const cosine = (multiple: number, n: number): number => Math.cos((2 * Math.PI * (multiple % n)) / n);
const sine = (multiple: number, n: number): number => Math.sin((2 * Math.PI * (multiple % n)) / n);

/** Values of the matrices used last, at most 2 MiB each. Plain arrays, so that they belong to no backend and no tensor stays behind. */
const matrices = new Map<string, Float32Array>();
const matricesKept = 16;

function matrix(key: string, rows: number, columns: number, fill: (values: Float32Array) => void): tf.Tensor2D {
  let values = matrices.get(key);
  if (values === undefined) {
    values = new Float32Array(rows * columns);
    fill(values);
  } else {
    matrices.delete(key);
  }
  matrices.set(key, values);
  if (matrices.size > matricesKept) matrices.delete(matrices.keys().next().value!);
  return tf.tensor2d(values, [rows, columns]);
}

function product(x: tf.Tensor, weights: tf.Tensor2D, shape: number[]): tf.Tensor {
  return tf.reshape(tf.matMul(tf.reshape(x, [x.shape[0]!, weights.shape[0]]) as tf.Tensor2D, weights), shape);
}
