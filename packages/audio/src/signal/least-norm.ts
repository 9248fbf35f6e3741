import * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';

/**
 * The matrix [columns, rows] that takes y to the x of least norm with x a = y, for a [rows, columns] of full column rank, row by row:
 * (aᵀa)⁻¹aᵀ by a Cholesky decomposition in double precision.
 */
export function leastNorm(a: Float32Array, rows: number, columns: number): tf.Tensor2D {
  const lower = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += a[r * columns + i]! * a[r * columns + j]!;
      const whole = sum;
      for (let k = 0; k < j; k++) sum -= lower[i * columns + k]! * lower[j * columns + k]!;
      if (i === j) {
        check(
          sum > 1e-12 * whole,
          `the filters are not independent: filter ${i} is empty or made of others; use fewer`,
        );
        lower[i * columns + i] = Math.sqrt(sum);
      } else lower[i * columns + j] = sum / lower[j * columns + j]!;
    }
  }
  const result = new Float32Array(columns * rows);
  const solution = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < columns; i++) {
      let sum = a[r * columns + i]!;
      for (let k = 0; k < i; k++) sum -= lower[i * columns + k]! * solution[k]!;
      solution[i] = sum / lower[i * columns + i]!;
    }
    for (let i = columns - 1; i >= 0; i--) {
      let sum = solution[i]!;
      for (let k = i + 1; k < columns; k++) sum -= lower[k * columns + i]! * solution[k]!;
      solution[i] = sum / lower[i * columns + i]!;
      result[i * rows + r] = solution[i]!;
    }
  }
  return tf.tensor2d(result, [columns, rows]);
}
