import type * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';
import { lfilter } from './linear-filter.js';

/*
 * Filters of second order (Bristow-Johnson, Audio EQ Cookbook), with the numbers of SoX and torchaudio. Each takes x [N, time, channels],
 * [N, time] or [time] and clips to [-1, 1]; differentiable. Frequencies are in hertz, gains in decibels, and q is 0.707 by default.
 */

/** Coefficients: b of the input, a of the recursion. */
export interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number, number];
}

const defaultQ = 0.707;

/** Applies a filter of second order. */
export function biquad(x: tf.Tensor, { a, b }: Biquad, options: { readonly clamp?: boolean } = {}): tf.Tensor {
  return lfilter(x, a, b, options);
}

interface Angle {
  readonly cos: number;
  readonly alpha: number;
  readonly sin: number;
}

function angle(name: string, sampleRate: number, frequency: number, q: number): Angle {
  check(sampleRate > 0, `${name}: the sample rate must be positive, got ${sampleRate}`);
  check(q > 0, `${name}: q must be positive, got ${q}`);
  const w = (2 * Math.PI * frequency) / sampleRate;
  return { cos: Math.cos(w), sin: Math.sin(w), alpha: Math.sin(w) / 2 / q };
}

export function lowpassBiquad(x: tf.Tensor, sampleRate: number, cutoff: number, q = defaultQ): tf.Tensor {
  const { cos, alpha } = angle('lowpassBiquad', sampleRate, cutoff, q);
  const half = (1 - cos) / 2;
  return biquad(x, { b: [half, 1 - cos, half], a: [1 + alpha, -2 * cos, 1 - alpha] });
}

export function highpassBiquad(x: tf.Tensor, sampleRate: number, cutoff: number, q = defaultQ): tf.Tensor {
  return biquad(x, highpass(sampleRate, cutoff, q));
}

export function highpass(sampleRate: number, cutoff: number, q: number): Biquad {
  const { cos, alpha } = angle('highpassBiquad', sampleRate, cutoff, q);
  const half = (1 + cos) / 2;
  return { b: [half, -1 - cos, half], a: [1 + alpha, -2 * cos, 1 - alpha] };
}

/** @param constantSkirt the skirts' gain is constant, not that of the peak */
export function bandpassBiquad(
  x: tf.Tensor,
  sampleRate: number,
  centre: number,
  q = defaultQ,
  constantSkirt = false,
): tf.Tensor {
  const { cos, sin, alpha } = angle('bandpassBiquad', sampleRate, centre, q);
  const peak = constantSkirt ? sin / 2 : alpha;
  return biquad(x, { b: [peak, 0, -peak], a: [1 + alpha, -2 * cos, 1 - alpha] });
}

export function bandrejectBiquad(x: tf.Tensor, sampleRate: number, centre: number, q = defaultQ): tf.Tensor {
  const { cos, alpha } = angle('bandrejectBiquad', sampleRate, centre, q);
  return biquad(x, { b: [1, -2 * cos, 1], a: [1 + alpha, -2 * cos, 1 - alpha] });
}

/** SoX's band filter; `noise` for material that is not tonal. */
export function bandBiquad(x: tf.Tensor, sampleRate: number, centre: number, q = defaultQ, noise = false): tf.Tensor {
  const { cos } = angle('bandBiquad', sampleRate, centre, q);
  const a2 = Math.exp((-2 * Math.PI * (centre / q)) / sampleRate);
  const a1 = ((-4 * a2) / (1 + a2)) * cos;
  const tonal = Math.sqrt(1 - (a1 * a1) / (4 * a2)) * (1 - a2);
  const b0 = noise ? Math.sqrt((((1 + a2) ** 2 - a1 * a1) * (1 - a2)) / (1 + a2)) : tonal;
  return biquad(x, { b: [b0, 0, 0], a: [1, a1, a2] });
}

export function allpassBiquad(x: tf.Tensor, sampleRate: number, centre: number, q = defaultQ): tf.Tensor {
  const { cos, alpha } = angle('allpassBiquad', sampleRate, centre, q);
  return biquad(x, { b: [1 - alpha, -2 * cos, 1 + alpha], a: [1 + alpha, -2 * cos, 1 - alpha] });
}

/** A peak or a dip of `gain` around `centre`. */
export function equalizerBiquad(
  x: tf.Tensor,
  sampleRate: number,
  centre: number,
  gain: number,
  q = defaultQ,
): tf.Tensor {
  const { cos, alpha } = angle('equalizerBiquad', sampleRate, centre, q);
  const a = 10 ** (gain / 40);
  return biquad(x, { b: [1 + alpha * a, -2 * cos, 1 - alpha * a], a: [1 + alpha / a, -2 * cos, 1 - alpha / a] });
}

/** Raises (or lowers) what is below about `centre`. */
export function bassBiquad(x: tf.Tensor, sampleRate: number, gain: number, centre = 100, q = defaultQ): tf.Tensor {
  return biquad(x, shelf('bassBiquad', sampleRate, gain, centre, q, -1));
}

/** Raises (or lowers) what is above about `centre`. */
export function trebleBiquad(x: tf.Tensor, sampleRate: number, gain: number, centre = 3000, q = defaultQ): tf.Tensor {
  return biquad(x, treble(sampleRate, gain, centre, q));
}

export function treble(sampleRate: number, gain: number, centre: number, q: number): Biquad {
  return shelf('trebleBiquad', sampleRate, gain, centre, q, 1);
}

function shelf(name: string, sampleRate: number, gain: number, centre: number, q: number, side: 1 | -1): Biquad {
  const { cos, alpha } = angle(name, sampleRate, centre, q);
  const a = 10 ** (gain / 40);
  const root = 2 * Math.sqrt(a) * alpha;
  const [less, more] = [side * (a - 1) * cos, side * (a + 1) * cos];
  return {
    b: [a * (a + 1 + less + root), -2 * side * a * (a - 1 + more), a * (a + 1 + less - root)],
    a: [a + 1 - less + root, 2 * side * (a - 1 - more), a + 1 - less - root],
  };
}
