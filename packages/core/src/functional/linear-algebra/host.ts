import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';

/** A square matrix in double precision, row by row. */
export type Matrix = Float64Array;

/**
 * Applies `fn` to each matrix of [..., n, m] on the host in double precision. The result of each has the shape `tail`.
 * For small matrices: decompositions have no kernel on most backends, and float32 loses half of their digits.
 */
export function eachMatrix(
  x: tf.Tensor,
  tail: readonly number[],
  fn: (matrix: Matrix) => ArrayLike<number>,
): tf.Tensor {
  const [n, m] = x.shape.slice(-2) as [number, number];
  const batch = x.shape.slice(0, -2);
  const size = tail.reduce((product, d) => product * d, 1);
  const count = batch.reduce((product, d) => product * d, 1);
  const values = x.dataSync<'float32'>();
  const result = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    result.set(fn(Float64Array.from(values.subarray(i * n * m, (i + 1) * n * m))), i * size);
  }
  return tf.tensor(result, [...batch, ...tail], 'float32');
}

/** @throws InvalidArgumentError unless x is [..., n, n]; returns n. */
export function squareSize(name: string, x: tf.Tensor): number {
  const [n, m] = x.shape.slice(-2);
  check(x.rank >= 2 && n === m, () => `${name} takes square matrices, got shape [${x.shape.join(', ')}]`);
  return n!;
}

/** The lower triangular L with L Lᵀ = A. @throws InvalidArgumentError when A is not positive definite. */
export function choleskyFactor(a: Matrix, n: number): Matrix {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i > j) l[i * n + j] = sum / l[j * n + j]!;
      else {
        check(sum > 0, `cholesky: the matrix is not positive definite (leading minor of order ${j + 1})`);
        l[j * n + j] = Math.sqrt(sum);
      }
    }
  }
  return l;
}

/** LU decomposition with row exchanges: the factors in one matrix, the order of rows, and the sign of that order. */
function factorize(a: Matrix, n: number): { lu: Matrix; order: number[]; sign: number } {
  const lu = a.slice();
  const order = Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let j = 0; j < n; j++) {
    let pivot = j;
    for (let i = j + 1; i < n; i++) if (Math.abs(lu[i * n + j]!) > Math.abs(lu[pivot * n + j]!)) pivot = i;
    if (pivot !== j) {
      for (let k = 0; k < n; k++) {
        const held = lu[j * n + k]!;
        lu[j * n + k] = lu[pivot * n + k]!;
        lu[pivot * n + k] = held;
      }
      [order[j], order[pivot]] = [order[pivot]!, order[j]!];
      sign = -sign;
    }
    if (lu[j * n + j] === 0) continue;
    for (let i = j + 1; i < n; i++) {
      const factor = (lu[i * n + j]! /= lu[j * n + j]!);
      for (let k = j + 1; k < n; k++) lu[i * n + k]! -= factor * lu[j * n + k]!;
    }
  }
  return { lu, order, sign };
}

/** The inverse. @throws InvalidArgumentError when A is singular. */
export function inverseOf(a: Matrix, n: number): Matrix {
  const { lu, order } = factorize(a, n);
  for (let i = 0; i < n; i++) check(lu[i * n + i] !== 0, `inverse: the matrix is singular (pivot ${i + 1} is zero)`);
  const inverse = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < n; i++) {
      let sum = order[i] === column ? 1 : 0;
      for (let k = 0; k < i; k++) sum -= lu[i * n + k]! * inverse[k * n + column]!;
      inverse[i * n + column] = sum;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = inverse[i * n + column]!;
      for (let k = i + 1; k < n; k++) sum -= lu[i * n + k]! * inverse[k * n + column]!;
      inverse[i * n + column] = sum / lu[i * n + i]!;
    }
  }
  return inverse;
}

/** Sign of the determinant, and the logarithm of its magnitude. */
export function signedLogDeterminant(a: Matrix, n: number): [sign: number, logarithm: number] {
  const { lu, sign } = factorize(a, n);
  let [s, log] = [sign, 0];
  for (let i = 0; i < n; i++) {
    s *= Math.sign(lu[i * n + i]!);
    log += Math.log(Math.abs(lu[i * n + i]!));
  }
  return [s, log];
}

/**
 * Eigenvalues in ascending order and eigenvectors (in columns) of a symmetric matrix, of which the lower triangle is
 * read; by Jacobi's rotations, which find small eigenvalues to full relative accuracy where the matrix allows it.
 */
export function symmetricEigen(a: Matrix, n: number): { values: Float64Array; vectors: Matrix } {
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) m[i * n + j] = m[j * n + i] = a[i * n + j]!;
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const rotate = (x: Matrix, at: number, stepA: number, b: number, c: number, s: number): void => {
    for (let k = 0; k < n; k++) {
      const [p, q] = [x[at + k * stepA]!, x[b + k * stepA]!];
      x[at + k * stepA] = c * p - s * q;
      x[b + k * stepA] = s * p + c * q;
    }
  };
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    let all = 0;
    for (let i = 0; i < n * n; i++) {
      all += m[i]! ** 2;
      if (Math.floor(i / n) !== i % n) off += m[i]! ** 2;
    }
    if (off <= 1e-32 * all) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = m[p * n + q]!;
        if (apq === 0) continue;
        const theta = (m[q * n + q]! - m[p * n + p]!) / (2 * apq);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        rotate(m, p, n, q, c, s);
        rotate(m, p * n, 1, q * n, c, s);
        rotate(v, p, n, q, c, s);
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => m[i * n + i]! - m[j * n + j]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors[k * n + to] = v[k * n + from]!;
  });
  return { values: Float64Array.from(order, (i) => m[i * n + i]!), vectors };
}

/**
 * Thin singular value decomposition of a matrix [n, m]: U [n, r], values descending, V [m, r], r the smaller size. By
 * one-sided Jacobi rotations of the columns (of the transpose where there are more columns than rows).
 */
export function singularValues(a: Matrix, n: number, m: number): { u: Matrix; values: Float64Array; v: Matrix } {
  if (n < m) {
    const transposed = new Float64Array(n * m);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) transposed[j * n + i] = a[i * m + j]!;
    const { u, values, v } = singularValues(transposed, m, n);
    return { u: v, values, v: u };
  }
  const w = a.slice();
  const v = new Float64Array(m * m);
  for (let i = 0; i < m; i++) v[i * m + i] = 1;
  for (let sweep = 0, rotated = true; rotated && sweep < 60; sweep++) {
    rotated = false;
    for (let p = 0; p < m; p++) {
      for (let q = p + 1; q < m; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let k = 0; k < n; k++) {
          const [x, y] = [w[k * m + p]!, w[k * m + q]!];
          pp += x * x;
          qq += y * y;
          pq += x * y;
        }
        if (Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq)) continue;
        rotated = true;
        const theta = (qq - pp) / (2 * pq);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (const [x, rows] of [
          [w, n],
          [v, m],
        ] as const) {
          for (let k = 0; k < rows; k++) {
            const [left, right] = [x[k * m + p]!, x[k * m + q]!];
            x[k * m + p] = c * left - s * right;
            x[k * m + q] = s * left + c * right;
          }
        }
      }
    }
  }
  const lengths = Float64Array.from({ length: m }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += w[k * m + j]! ** 2;
    return Math.sqrt(sum);
  });
  const order = Array.from({ length: m }, (_, j) => j).sort((i, j) => lengths[j]! - lengths[i]!);
  const [left, right] = [new Float64Array(n * m), new Float64Array(m * m)];
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) left[k * m + to] = lengths[from] === 0 ? 0 : w[k * m + from]! / lengths[from]!;
    for (let k = 0; k < m; k++) right[k * m + to] = v[k * m + from]!;
  });
  return { u: left, values: Float64Array.from(order, (j) => lengths[j]!), v: right };
}
