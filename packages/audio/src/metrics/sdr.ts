import { check } from '@hourglass/core';

/** Samples of one sound. */
export type Samples = ArrayLike<number>;

/**
 * Scale-invariant ratio of signal to distortion in decibels (Le Roux et al. 2019, arXiv:1811.02508), in double precision.
 *
 * @param zeroMean take the means out first, as most programs do. Default true
 * @returns infinity for a perfect estimate, minus infinity for a silent one; NaN when the target is silent
 * @throws InvalidArgumentError when the lengths differ
 */
export function siSdr(estimate: Samples, target: Samples, { zeroMean = true }: { zeroMean?: boolean } = {}): number {
  checkLengths('siSdr', estimate, target);
  const [x, y] = zeroMean ? [withoutMean(estimate), withoutMean(target)] : [estimate, target];
  const scale = dot(x, y) / dot(y, y);
  if (dot(x, x) === 0 && Number.isFinite(scale)) return -Infinity;
  let [signal, noise] = [0, 0];
  for (let t = 0; t < y.length; t++) {
    const wanted = scale * y[t]!;
    signal += wanted * wanted;
    noise += (x[t]! - wanted) ** 2;
  }
  return decibels(signal, noise);
}

/** Improvement of {@link siSdr} over handing out the mixture, in decibels. */
export function siSdri(
  estimate: Samples,
  target: Samples,
  mixture: Samples,
  options: { zeroMean?: boolean } = {},
): number {
  return siSdr(estimate, target, options) - siSdr(mixture, target, options);
}

/**
 * Plain ratio of the energies of the target and of the difference, in decibels: infinity for a perfect estimate, minus infinity for a
 * silent target, NaN where both are silent.
 */
export function snr(estimate: Samples, target: Samples): number {
  checkLengths('snr', estimate, target);
  let noise = 0;
  for (let t = 0; t < target.length; t++) noise += (estimate[t]! - target[t]!) ** 2;
  return decibels(dot(target, target), noise);
}

/**
 * SDR of BSS-Eval (Vincent et al. 2006): what a filter of `filterLength` taps can make of the target counts as signal, so that delays and
 * colouring that short are no distortion. In decibels, in double precision.
 *
 * @param filterLength default 512, as BSS-Eval version 3 has it
 * @returns NaN when the target is silent
 * @throws InvalidArgumentError when the lengths differ
 */
export function bssEvalSdr(
  estimate: Samples,
  target: Samples,
  { filterLength = 512 }: { filterLength?: number } = {},
): number {
  checkLengths('bssEvalSdr', estimate, target);
  check(Number.isInteger(filterLength) && filterLength > 0, () => `a filter of ${filterLength} taps`);
  const energy = dot(estimate, estimate);
  const auto = correlations(target, target, filterLength);
  const cross = correlations(estimate, target, filterLength);
  const filter = solveToeplitz(auto, cross);
  let signal = 0;
  for (let k = 0; k < filterLength; k++) signal += filter[k]! * cross[k]!;
  return decibels(signal, energy - signal);
}

/** Sums of x[t + lag] y[t] for lags 0 … count - 1. */
function correlations(x: Samples, y: Samples, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, lag) => {
    let sum = 0;
    for (let t = lag; t < x.length; t++) sum += x[t]! * y[t - lag]!;
    return sum;
  });
}

/** Solution of T x = b with T[i][j] = first[|i - j|], by Levinson's recursion. */
function solveToeplitz(first: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = new Float64Array(n);
  // the solution of T f = error e0, grown by one row a step
  const f = new Float64Array(n);
  const turned = new Float64Array(n);
  let error = first[0]!;
  f[0] = 1;
  x[0] = b[0]! / error;
  for (let m = 1; m < n; m++) {
    let [along, rest] = [0, b[m]!];
    for (let i = 0; i < m; i++) {
      along += f[i]! * first[m - i]!;
      rest -= x[i]! * first[m - i]!;
    }
    const reflection = -along / error;
    for (let i = 0; i <= m; i++) turned[i] = f[m - i]!;
    for (let i = 0; i <= m; i++) f[i] = f[i]! + reflection * turned[i]!;
    error *= 1 - reflection * reflection;
    for (let i = 0; i <= m; i++) x[i] = x[i]! + (rest / error) * f[m - i]!;
  }
  return x;
}

function checkLengths(name: string, estimate: Samples, target: Samples): void {
  check(
    estimate.length === target.length && target.length > 0,
    () => `${name}: an estimate of ${estimate.length} samples against a target of ${target.length}`,
  );
}

function withoutMean(x: Samples): Float64Array {
  const result = Float64Array.from(x);
  const mean = result.reduce((sum, value) => sum + value, 0) / result.length;
  return result.map((value) => value - mean);
}

function dot(x: Samples, y: Samples): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) sum += x[t]! * y[t]!;
  return sum;
}

const decibels = (signal: number, noise: number): number => 10 * Math.log10(signal / noise);
