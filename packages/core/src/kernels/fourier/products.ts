import * as tf from '@tensorflow/tfjs-core';
import { complexMul } from '../../functional/spectral/complex.js';

/*
 * Discrete Fourier transforms of the rows of a matrix as products with real matrices: fast on every backend, and
 * differentiable any number of times. Complex rows [rows, n, 2] are read as [rows, 2n], real and imaginary parts by turns.
 * Lengths beyond one matrix split into factors (Cooley and Tukey 1965); large primes become a convolution (Bluestein 1970).
 */

/** Longest transform that is one matrix product. */
const longestMatrix = 512;

type Sign = -1 | 1;

/** x [rows, n, 2] to Σ_j x_j exp(sign 2πi jk / n), [rows, n, 2]. */
export function complexDft(x: tf.Tensor, sign: Sign): tf.Tensor {
  const [rows, n] = x.shape as [number, number];
  if (n <= longestMatrix)
    return product(x, matrix(`complex ${n} ${sign}`, 2 * n, 2 * n, complexMatrix(n, sign)), [rows, n, 2]);
  const factor = largestFactor(n);
  return factor > 1 ? split(x, factor, sign) : chirp(x, sign);
}

/** The first n / 2 + 1 terms of a real signal's transform; with `doubled` those that stand for two count twice. */
export function halfDft(x: tf.Tensor, doubled: boolean): tf.Tensor {
  const [rows, n] = x.shape as [number, number];
  const bins = Math.floor(n / 2) + 1;
  if (n > longestMatrix) {
    const all = complexDft(tf.stack([x, tf.zerosLike(x)], -1), -1);
    const first = tf.slice(all, [0, 0, 0], [rows, bins, 2]);
    return doubled ? tf.mul(first, counts(n, 2)) : first;
  }
  const fill = (values: Float32Array): void => {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < bins; k++) {
        const count = doubled && !isOnce(k, n) ? 2 : 1;
        values[(j * bins + k) * 2] = count * cosine(j * k, n);
        values[(j * bins + k) * 2 + 1] = -count * sine(j * k, n);
      }
    }
  };
  return product(x, matrix(`real ${n} ${doubled}`, n, 2 * bins, fill), [rows, bins, 2]);
}

/** A real signal from the first half of its transform; without `doubled` terms that stand for two count once. */
export function halfInverseDft(x: tf.Tensor, n: number, doubled: boolean): tf.Tensor {
  const [rows, bins] = x.shape as [number, number];
  if (n > longestMatrix) return fromHalf(x, n, doubled);
  const fill = (values: Float32Array): void => {
    for (let k = 0; k < bins; k++) {
      const once = isOnce(k, n);
      const count = doubled && !once ? 2 : 1;
      for (let j = 0; j < n; j++) {
        values[2 * k * n + j] = count * cosine(j * k, n);
        values[(2 * k + 1) * n + j] = once ? 0 : -count * sine(j * k, n);
      }
    }
  };
  return product(x, matrix(`half ${n} ${doubled}`, 2 * bins, n, fill), [rows, n]);
}

function fromHalf(x: tf.Tensor, n: number, doubled: boolean): tf.Tensor {
  const [rows, bins] = x.shape as [number, number];
  // the real part of a transform over nothing else
  const half = tf.mul(x, tf.mul(counts(n, doubled ? 2 : 1), realEnds(n)));
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

/** Whether a term of a real signal's transform stands for itself only, its conjugate being no other term. */
const isOnce = (k: number, n: number): boolean => k === 0 || 2 * k === n;

/** [bins, 1]: `twice` for terms that stand for two, 1 for the others. */
function counts(n: number, twice: number): tf.Tensor2D {
  const bins = Math.floor(n / 2) + 1;
  return tf.tensor2d(
    Array.from({ length: bins }, (_, k) => (isOnce(k, n) ? 1 : twice)),
    [bins, 1],
  );
}

/** [bins, 2]: 0 for imaginary parts that do not count. */
function realEnds(n: number): tf.Tensor2D {
  const bins = Math.floor(n / 2) + 1;
  return tf.tensor2d(
    Array.from({ length: 2 * bins }, (_, at) => (at % 2 === 1 && isOnce(at >> 1, n) ? 0 : 1)),
    [bins, 2],
  );
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
  // numbers may be of double precision for a time
  const name = `${key} ${Float32Array.BYTES_PER_ELEMENT}`;
  let values = matrices.get(name);
  if (values === undefined) {
    values = new Float32Array(rows * columns);
    fill(values);
  } else {
    matrices.delete(name);
  }
  matrices.set(name, values);
  if (matrices.size > matricesKept) matrices.delete(matrices.keys().next().value!);
  return tf.tensor2d(values, [rows, columns]);
}

function product(x: tf.Tensor, weights: tf.Tensor2D, shape: number[]): tf.Tensor {
  return tf.reshape(tf.matMul(tf.reshape(x, [x.shape[0]!, weights.shape[0]]) as tf.Tensor2D, weights), shape);
}
