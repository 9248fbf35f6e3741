import { check, linearAssignment } from '@hourglass/core';
import { siSdr, snr, type Samples } from './sdr.js';

/** Scores of one separated mixture, each a mean over its sources. Decibels. */
export interface SeparationScores {
  readonly siSdr: number;
  /** Improvement over handing out the mixture. */
  readonly siSdri: number;
  /** Plain ratio to what is wrong, without any scaling. */
  readonly snr: number;
}

/**
 * Scores under the assignment of estimates to targets with the best mean SI-SDR.
 *
 * @returns the scores, and for each target which estimate is its own
 * @throws InvalidArgumentError when there are not as many estimates as targets, or lengths differ
 */
export function separationScores(
  estimates: readonly Samples[],
  targets: readonly Samples[],
  mixture: Samples,
): SeparationScores & { readonly permutation: Int32Array } {
  const count = targets.length;
  check(
    count > 0 && estimates.length === count,
    () => `separationScores: ${estimates.length} estimates of ${count} sources`,
  );
  const ratios = targets.map((target) => estimates.map((estimate) => siSdr(estimate, target)));
  // a silent estimate is worse than any sound
  const cost = ratios.flat().map((ratio) => -Math.min(1000, Math.max(-1000, Number.isNaN(ratio) ? -1000 : ratio)));
  const permutation = linearAssignment(cost, count, count);
  const mean = (score: (target: Samples, own: number, i: number) => number): number =>
    targets.reduce((sum, target, i) => sum + score(target, permutation[i]!, i), 0) / count;
  const own = mean((_, estimate, i) => ratios[i]![estimate]!);
  return {
    siSdr: own,
    siSdri: own - mean((target) => siSdr(mixture, target)),
    snr: mean((target, estimate) => snr(estimates[estimate]!, target)),
    permutation,
  };
}
