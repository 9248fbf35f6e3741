import type * as tf from '@tensorflow/tfjs-core';

/** How close two numbers must be: |actual - expected| <= atol + rtol |expected|. */
export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
}

export interface Comparison {
  readonly ok: boolean;
  /** Largest |actual - expected| ÷ (atol + rtol |expected|); infinity where one side alone is NaN or infinite. */
  readonly worstRatio: number;
  readonly worstIndex: number;
  readonly message: string;
}

type Numbers = ArrayLike<number>;

/**
 * Compares element by element. NaN equals NaN only, an infinity equals the same infinity only, -0 equals 0.
 * Default tolerance: rtol 1e-5, atol 1e-6.
 */
export function compareValues(actual: Numbers, expected: Numbers, tolerance: Tolerance = {}): Comparison {
  const { rtol = 1e-5, atol = 1e-6 } = tolerance;
  if (actual.length !== expected.length) {
    return failure(Infinity, -1, `${actual.length} values, expected ${expected.length}`);
  }
  let worstRatio = 0;
  let worstIndex = -1;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const bound = atol + rtol * Math.abs(e);
    const ratio = Number.isFinite(a) && Number.isFinite(e) ? Math.abs(a - e) / bound : Infinity;
    if (ratio > worstRatio || worstIndex < 0) [worstRatio, worstIndex] = [ratio, i];
  }
  if (worstRatio <= 1) return { ok: true, worstRatio, worstIndex, message: 'equal within tolerance' };
  return failure(
    worstRatio,
    worstIndex,
    `element ${worstIndex} is ${actual[worstIndex]}, expected ${expected[worstIndex]} (${worstRatio.toPrecision(3)} times the bound)`,
  );
}

function failure(worstRatio: number, worstIndex: number, message: string): Comparison {
  return { ok: false, worstRatio, worstIndex, message };
}

/** Throws unless the tensor has this shape and these values; see {@link compareValues}. */
export function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance?: Tolerance): void {
  const shapes = [actual.shape.join(', '), expected.shape.join(', ')];
  if (shapes[0] !== shapes[1]) throw new Error(`shape [${shapes[0]}], expected [${shapes[1]}]`);
  const result = compareValues(actual.dataSync(), expected.dataSync(), tolerance);
  if (!result.ok) throw new Error(result.message);
}

/** {@link expectClose} against plain numbers. */
export function expectValues(actual: tf.Tensor, expected: Numbers, tolerance?: Tolerance): void {
  const result = compareValues(actual.dataSync(), expected, tolerance);
  if (!result.ok) throw new Error(result.message);
}
