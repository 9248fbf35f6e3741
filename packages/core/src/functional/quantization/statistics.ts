import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { withoutGradient } from '../../gradients/custom-op.js';
import { CodeStatistics as Kernel } from '../../kernels/code-statistics/spec.js';
import { checkFloats } from './vector-quantize.js';

export interface CodeStatistics {
  /** float32 [codes]: how many vectors have each code, or an average of that. */
  readonly counts: tf.Tensor;
  /** float32 [codes, width]: the sum of the vectors that have each code, or an average of that. */
  readonly sums: tf.Tensor;
}

/**
 * Counts and sums of the vectors of each code: what a codebook learns from by moving averages. Constants of differentiation. The same
 * vectors give the same sums, to the last bit.
 *
 * @param x float32 [..., width]
 * @param codes int32 [...], as from `vectorQuantize`
 * @param size how many codes there are; vectors of other codes count nowhere
 * @throws InvalidArgumentError when the shapes do not fit
 */
export function codeStatistics(x: tf.Tensor, codes: tf.Tensor, size: number): CodeStatistics {
  check(
    x.rank >= 1 && tf.util.arraysEqual(x.shape.slice(0, -1), codes.shape),
    () =>
      `codeStatistics: x must be [..., width] with a code for each vector, ` +
      `got [${x.shape.join(', ')}] and codes [${codes.shape.join(', ')}]`,
  );
  checkFloats('codeStatistics', x);
  check(codes.dtype === 'int32', () => `codeStatistics: codes must be int32, got ${codes.dtype}`);
  checkCount('codeStatistics: size', size);
  return withoutGradient(() => {
    const rows = tf.reshape(x, [codes.size, x.shape.at(-1)!]);
    const [counts, sums] = Kernel.run({ x: rows, codes: tf.reshape(codes, [codes.size]) }, { size });
    return { counts: counts!, sums: sums! };
  });
}

export interface EmaCodebookOptions {
  /** Weight of what was. Default 0.99. */
  readonly decay?: number;
  /** Added to each count by Laplace smoothing, so that a code without vectors stays finite. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * One step of a codebook that follows its vectors by exponential moving averages (van den Oord et al. 2017, arXiv:1711.00937,
 * appendix A.1; with the smoothing of EnCodec, Défossez et al. 2022, arXiv:2210.13438):
 *
 *     counts ← decay · counts + (1 - decay) · batch's counts, sums likewise
 *     codebook = sums / ((counts + epsilon) / (Σ counts + codes · epsilon) · Σ counts)
 *
 * @param average what the last step gave; at the beginning zeros, or ones and the codebook itself
 * @param batch of {@link codeStatistics}
 * @returns the new averages, and the codebook [codes, width]; the given tensors stay the caller's
 * @throws InvalidArgumentError when the shapes differ or an option is out of range
 */
export function emaCodebookUpdate(
  average: CodeStatistics,
  batch: CodeStatistics,
  options: EmaCodebookOptions = {},
): CodeStatistics & { readonly codebook: tf.Tensor } {
  const { decay = 0.99, epsilon = 1e-5 } = options;
  const [codes, width] = average.sums.shape;
  const fits = ({ counts, sums }: CodeStatistics): boolean =>
    sums.rank === 2 && sums.shape[0] === codes && sums.shape[1] === width && counts.rank === 1 && counts.size === codes;
  check(
    fits(average) && fits(batch),
    () =>
      `emaCodebookUpdate: counts must be [codes] and sums [codes, width], got ` +
      [average, batch]
        .map(({ counts, sums }) => `[${counts.shape.join(', ')}] and [${sums.shape.join(', ')}]`)
        .join('; '),
  );
  check(decay >= 0 && decay <= 1, () => `emaCodebookUpdate: decay must lie in [0, 1], got ${decay}`);
  check(epsilon >= 0, () => `emaCodebookUpdate: epsilon must be at least 0, got ${epsilon}`);
  return withoutGradient(() => {
    const moved = (old: tf.Tensor, now: tf.Tensor): tf.Tensor => tf.add(tf.mul(old, decay), tf.mul(now, 1 - decay));
    const counts = moved(average.counts, batch.counts);
    const sums = moved(average.sums, batch.sums);
    const total = tf.sum(counts);
    const smoothed = tf.mul(tf.div(tf.add(counts, epsilon), tf.add(total, codes! * epsilon)), total);
    return { counts, sums, codebook: tf.div(sums, tf.expandDims(smoothed, 1)) };
  });
}
