import { expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { bssEvalSdr, separationScores, siSdr, siSdri, snr } from '@hourglass/audio';

const noise = (length: number, seed: number): Float32Array => {
  const generator = new Generator(seed);
  return Float32Array.from({ length }, () => generator.normal());
};
const mix = (a: Float32Array, b: Float32Array, gain: number): Float32Array => a.map((value, t) => value + gain * b[t]!);

const [target, other] = [noise(4000, 1), noise(4000, 2)];

it('a silent estimate is the worst, against a silent target there is no ratio', () => {
  const silence = new Float32Array(4000);
  expect(siSdr(silence, target)).toBe(-Infinity);
  expect(siSdr(target, silence)).toBeNaN();
  expect(siSdr(silence, silence)).toBeNaN();
  expect(bssEvalSdr(target, silence)).toBeNaN();
  expect([snr(target, target), snr(target, silence), snr(silence, silence)]).toEqual([Infinity, -Infinity, NaN]);
});

it('measures noise in decibels, whatever the scale', () => {
  const estimate = mix(target, other, 0.1);
  expect(siSdr(estimate, target)).toBeCloseTo(20, 0);
  expect(
    siSdr(
      estimate.map((value) => 3 * value + 1),
      target,
    ),
  ).toBeCloseTo(siSdr(estimate, target), 3);
  expect(snr(estimate, target)).toBeCloseTo(20, 0);
  expect(
    snr(
      target.map((value) => 2 * value),
      target,
    ),
  ).toBeCloseTo(0, 6);
  expect(siSdri(estimate, target, mix(target, other, 1))).toBeCloseTo(20, 0);
  expect(siSdr(target, target)).toBeGreaterThan(200);
});

it('forgives a short filter in the SDR of BSS-Eval, and nothing more', () => {
  // silent at its end, where a filter would ring on
  const ending = target.map((value, t) => (t < 3990 ? value : 0));
  const filtered = ending.map((value, t) => 0.5 * value + 0.4 * (ending[t - 3] ?? 0) - 0.2 * (ending[t - 7] ?? 0));
  expect(siSdr(filtered, ending)).toBeLessThan(5);
  expect(bssEvalSdr(filtered, ending, { filterLength: 8 })).toBeGreaterThan(100);
  expect(bssEvalSdr(filtered, ending, { filterLength: 4 })).toBeLessThan(12);
  // 4000 samples of noise leave 512 taps an eighth of the noise to explain
  expect(bssEvalSdr(mix(target, other, 0.1), target)).toBeCloseTo(20.5, 0);
  expect(bssEvalSdr(mix(target, other, 0.1), target, { filterLength: 1 })).toBeCloseTo(
    siSdr(mix(target, other, 0.1), target, { zeroMean: false }),
    6,
  );
});

it('finds which estimate is which', () => {
  const mixture = mix(target, other, 1);
  const scores = separationScores([mix(other, target, 0.1), mix(target, other, 0.1)], [target, other], mixture);
  expect(Array.from(scores.permutation)).toEqual([1, 0]);
  expect(scores.siSdr).toBeCloseTo(20, 0);
  expect(scores.siSdri).toBeCloseTo(20, 0);
  const silent = separationScores([mix(other, target, 0.1), new Float32Array(4000)], [target, other], mixture);
  expect(Array.from(silent.permutation)).toEqual([1, 0]);
});

it('refuses lengths that differ', () => {
  expect(() => siSdr(target, other.subarray(1))).toThrow('3999');
  expect(() => separationScores([target], [target, other], target)).toThrow('1 estimates of 2 sources');
});
