import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { timeRows } from './time-rows.js';

/** Filters up to this length are convolved directly. */
const shortest = 64;

/**
 * Linear filter with recursion: y[t] = (Σ b[k] x[t - k] - Σₖ₌₁ a[k] y[t - k]) / a[0]. Differentiable in x. The impulse response is made in double
 * precision and convolved with x by Fourier transforms: that keeps filters with poles next to the unit circle precise, and gives
 * GPUs something to do.
 *
 * @param x float32 [N, time, channels], [N, time] or [time]
 * @param a coefficients of the recursion, and `b` of the input; equally many
 * @param options.clamp clips the result to [-1, 1], as torchaudio does by default
 * @throws InvalidArgumentError for coefficients that do not fit
 */
export function lfilter(
  x: tf.Tensor,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: { readonly clamp?: boolean } = {},
): tf.Tensor {
  check(
    a.length > 0 && a.length === b.length,
    () => `lfilter: ${a.length} and ${b.length} coefficients; both need as many`,
  );
  check(a[0] !== 0, 'lfilter: the first coefficient a[0] must not be 0');
  return scope(() => {
    const { rows, restore } = timeRows('lfilter', x);
    const y = filterRows(rows, impulseResponse(a, b, rows.shape[1]));
    return restore(options.clamp === false ? y : tf.clipByValue(y, -1, 1));
  });
}

function filterRows(x: tf.Tensor2D, response: Float64Array): tf.Tensor {
  const time = x.shape[1];
  const h = withoutTail(response);
  if (h.length <= shortest) {
    const weight = tf.tensor3d(Float32Array.from(h).reverse(), [h.length, 1, 1]);
    const padding = [[h.length - 1, 0]] as const;
    return tf.squeeze(functional.conv1d(tf.expandDims(x, 2), weight, null, { padding }), [2]);
  }
  const growth = growthOf(response);
  // of an unstable filter: without its growth, that what is small at the start does not drown in what comes later
  const damping = Float64Array.from({ length: time }, (_, t) => growth ** -t);
  const n = 2 ** Math.ceil(Math.log2(time + h.length - 1));
  const spectrum = functional.rfft(tf.tensor1d(Float32Array.from(h, (value, t) => value * damping[t]!)), { n });
  const damped = growth === 1 ? x : tf.mul(x, tf.tensor1d(Float32Array.from(damping)));
  const product = functional.complexMul(functional.rfft(damped, { n }), spectrum);
  const y = tf.slice(functional.irfft(product, { n }), [0, 0], [-1, time]);
  return growth === 1 ? y : tf.mul(y, tf.tensor1d(Float32Array.from(damping, (value) => 1 / value)));
}

function impulseResponse(a: ArrayLike<number>, b: ArrayLike<number>, length: number): Float64Array {
  const h = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    let sum = t < b.length ? b[t]! : 0;
    for (let k = 1; k < a.length && k <= t; k++) sum -= a[k]! * h[t - k]!;
    h[t] = sum / a[0]!;
  }
  return h;
}

/** A response up to where nothing counts any more in single precision. */
function withoutTail(h: Float64Array): Float64Array {
  const peak = largest(h);
  let end = h.length;
  while (end > 1 && Math.abs(h[end - 1]!) <= 1e-11 * peak) end--;
  return h.subarray(0, end);
}

/** By what a response grows with each sample in the end; 1 when it does not. */
function growthOf(h: Float64Array): number {
  const quarter = Math.floor(h.length / 4);
  const [earlier, later] = [largest(h.subarray(-2 * quarter, -quarter)), largest(h.subarray(-quarter))];
  return quarter > 0 && later > 2 * earlier && Number.isFinite(later) ? (later / earlier) ** (1 / quarter) : 1;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
