import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';

export interface SinusoidOptions {
  /** Default 10000. */
  readonly base?: number;
  /** sin and cos alternate (the paper), or all sines come before all cosines (tensor2tensor, Marian). Default 'interleaved'. */
  readonly order?: 'interleaved' | 'halves';
  /** Position of the first row. Default 0. */
  readonly start?: number;
  /** From one row's position to the next one's. Default 1. */
  readonly step?: number;
}

/** Sinusoidal position table [n, d] (Vaswani et al. 2017, arXiv:1706.03762). An odd last feature is a sine. */
export function sinusoidalTable(n: number, d: number, options: SinusoidOptions = {}): tf.Tensor2D {
  const { base = 10000, order = 'interleaved', start = 0, step = 1 } = options;
  const values = new Float32Array(n * d);
  const pairs = Math.ceil(d / 2);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < pairs; i++) {
      const angle = (start + row * step) * base ** ((-2 * i) / d);
      const [at, other] = order === 'interleaved' ? [2 * i, 2 * i + 1] : [i, pairs + i];
      values[row * d + at] = Math.sin(angle);
      if (other < d) values[row * d + other] = Math.cos(angle);
    }
  }
  return tf.tensor2d(values, [n, d]);
}

export interface RelativeBucketOptions {
  /** Half of the buckets are for positions after the query. Default true. */
  readonly bidirectional?: boolean;
  /** Default 32. */
  readonly numBuckets?: number;
  /** Farther positions share the last bucket. Default 128. */
  readonly maxDistance?: number;
}

/**
 * T5's buckets of relative positions, key minus query (Raffel et al. 2019, arXiv:1910.10683): one a position near by,
 * logarithmically growing ones farther away.
 */
export function relativePositionBuckets(relative: ArrayLike<number>, options: RelativeBucketOptions = {}): Int32Array {
  const { bidirectional = true, numBuckets = 32, maxDistance = 128 } = options;
  const buckets = bidirectional ? Math.floor(numBuckets / 2) : numBuckets;
  const exact = Math.floor(buckets / 2);
  check(
    exact >= 1 && maxDistance > exact,
    `relative position buckets: ${numBuckets} buckets for a distance of ${maxDistance}`,
  );
  // rounded to float32 step by step like the reference, so that positions on a bucket's edge fall the same way
  const f = Math.fround;
  const span = f(Math.log(maxDistance / exact));
  return Int32Array.from({ length: relative.length }, (_, i) => {
    const offset = relative[i]!;
    const distance = bidirectional ? Math.abs(offset) : Math.max(0, -offset);
    const side = bidirectional && offset > 0 ? buckets : 0;
    if (distance < exact) return side + distance;
    const logarithm = f(Math.log(f(distance / exact)));
    const far = exact + Math.trunc(f(f(logarithm / span) * (buckets - exact)));
    return side + Math.min(far, buckets - 1);
  });
}

/** {@link relativePositionBuckets} of each key to each query, the queries beginning at `offset`: int32 [queries, keys]. */
export function relativePositionTable(
  queries: number,
  keys: number,
  options: RelativeBucketOptions & { offset?: number } = {},
): tf.Tensor2D {
  const { offset = 0 } = options;
  const relative = Int32Array.from({ length: queries * keys }, (_, i) => (i % keys) - (Math.floor(i / keys) + offset));
  return tf.tensor2d(relativePositionBuckets(relative, options), [queries, keys], 'int32');
}

/**
 * ALiBi's slope of each head (Press et al. 2021, arXiv:2108.12409): a geometric series for a power of two, otherwise that of
 * the next lower power followed by every other slope of the next higher one.
 */
export function alibiSlopes(heads: number): number[] {
  check(Number.isInteger(heads) && heads > 0, `alibiSlopes: ${heads} heads`);
  const lower = 2 ** Math.floor(Math.log2(heads));
  const slopes = Array.from({ length: lower }, (_, i) => 2 ** ((-8 * (i + 1)) / lower));
  for (let i = 0; slopes.length < heads; i++) slopes.push(2 ** ((-4 * (2 * i + 1)) / lower));
  return slopes;
}

/**
 * ALiBi's bias for keys under a padding mask [N, S] (1 real, 0 padding): [N, heads, 1, S], slope times the key's position
 * among the real ones. As attention does not change by a constant, this equals slope times minus the distance.
 */
export function alibiBias(mask: tf.Tensor, heads: number): tf.Tensor {
  check(mask.rank === 2, () => `alibiBias takes a padding mask [batch, keys], got shape [${mask.shape.join(', ')}]`);
  const [n, s] = mask.shape as [number, number];
  return scope(() => {
    const real = tf.cast(mask, 'float32');
    const positions = tf.mul(tf.sub(tf.cumsum(real, 1), 1), real);
    return tf.mul(tf.reshape(positions, [n, 1, 1, s]), tf.tensor(alibiSlopes(heads), [1, heads, 1, 1]));
  });
}
