import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

/**
 * Ratios of signal to distortion (Le Roux et al. 2019, "SDR – half-baked or well done?", arXiv:1811.02508): `sisdr` scales the target to fit the
 * estimate best (SI-SNR is its other name), `sdsdr` does too but counts that scaling as distortion, `snr` does not scale.
 */
export type SdrKind = 'sisdr' | 'sdsdr' | 'snr';

export interface SdrOptions {
  /** Default 'sisdr'. */
  readonly kind?: SdrKind;
  /** Take the means of estimate and target out first. Default true. */
  readonly zeroMean?: boolean;
  /** In decibels; false gives the plain ratio, negated. Default true. */
  readonly takeLog?: boolean;
  /** Added to energies and, before the logarithm, to the ratio. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Negative ratio of signal to distortion of each estimate against its own target, along the last axis; differentiable in both.
 *
 * @param estimates float32 [..., time]
 * @param targets float32, the same shape
 * @returns float32 [...]: decibels, less is better
 * @throws InvalidArgumentError when the shapes differ
 */
export function negativeSdr(estimates: tf.Tensor, targets: tf.Tensor, options: SdrOptions = {}): tf.Tensor {
  check(
    estimates.rank >= 1 && tf.util.arraysEqual(estimates.shape, targets.shape),
    () =>
      `negativeSdr: estimates of shape [${estimates.shape.join(', ')}] against targets of shape [${targets.shape.join(', ')}]`,
  );
  return scope(() => {
    const centred = options.zeroMean === false ? [estimates, targets] : [withoutMean(estimates), withoutMean(targets)];
    return ratio(centred[0]!, centred[1]!, options);
  });
}

/**
 * The same of every estimate against every target, as permutation-invariant training needs it.
 *
 * @param estimates float32 [N, sources, time]
 * @param targets float32 [N, sources, time]
 * @returns float32 [N, estimates, targets]
 * @throws InvalidArgumentError when the shapes differ or are not of three axes
 */
export function pairwiseNegativeSdr(estimates: tf.Tensor, targets: tf.Tensor, options: SdrOptions = {}): tf.Tensor {
  check(
    estimates.rank === 3 && tf.util.arraysEqual(estimates.shape, targets.shape),
    () =>
      `pairwiseNegativeSdr takes [N, sources, time] twice, got [${estimates.shape.join(', ')}] and [${targets.shape.join(', ')}]`,
  );
  return scope(() => {
    const centred = options.zeroMean === false ? [estimates, targets] : [withoutMean(estimates), withoutMean(targets)];
    return ratio(tf.expandDims(centred[0]!, 2), tf.expandDims(centred[1]!, 1), options);
  });
}

const withoutMean = (x: tf.Tensor): tf.Tensor => tf.sub(x, tf.mean(x, -1, true));

/** Of shapes that broadcast. The distortion is computed as a signal: the difference of energies would lose it where it is small. */
function ratio(estimate: tf.Tensor, target: tf.Tensor, options: SdrOptions): tf.Tensor {
  const { kind = 'sisdr', takeLog = true, eps = 1e-8 } = options;
  check(['sisdr', 'sdsdr', 'snr'].includes(kind), () => `there is no ratio '${kind}'; there are sisdr, sdsdr, snr`);
  const energy = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(x), -1);
  const scaled =
    kind === 'snr'
      ? target
      : tf.mul(
          target,
          tf.div(tf.sum(tf.mul(estimate, target), -1, true), tf.add(tf.sum(tf.square(target), -1, true), eps)),
        );
  const noise = tf.sub(estimate, kind === 'sisdr' ? scaled : target);
  const value = tf.div(energy(scaled), tf.add(energy(noise), eps));
  return tf.neg(takeLog ? tf.mul(tf.log(tf.add(value, eps)), 10 / Math.LN10) : value);
}
