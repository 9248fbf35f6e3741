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

function filterRows(x: tf.Tensor2D, h: Float64Array): tf.Tensor {
  const time = x.shape[1];
  if (h.length <= shortest) {
    const weight = tf.tensor3d(new Float32Array(h).reverse(), [h.length, 1, 1]);
    const padding = [[h.length - 1, 0]] as const;
    return tf.squeeze(functional.conv1d(tf.expandDims(x, 2), weight, null, { padding }), [2]);
  }
  const growth = growthOf(h);
  const n = 2 ** Math.ceil(Math.log2(time + h.length - 1));
  const convolve = (x: tf.Tensor, h: Float32Array): tf.Tensor => {
    const product = functional.complexMul(functional.rfft(x, { n }), functional.rfft(tf.tensor1d(h), { n }));
    return tf.slice(functional.irfft(product, { n }), [0, 0], [-1, time]);
  };
  if (growth === 1) return convolve(x, new Float32Array(h));
  // an unstable filter: without its growth, so that what is small at the start does not drown in what comes later
  const damping = Float32Array.from({ length: time }, (_, t) => growth ** -t);
  const y = convolve(tf.mul(x, tf.tensor1d(damping)), new Float32Array(h.map((value, t) => value * growth ** -t)));
  return tf.div(y, tf.tensor1d(damping));
}

/** The response to an impulse, up to where nothing counts any more in single precision. */
function impulseResponse(a: ArrayLike<number>, b: ArrayLike<number>, length: number): Float64Array {
  const h = new Float64Array(length);
  let [peak, end] = [0, 1];
  // a filter that does not ring for so long has rung out
  for (let t = 0; t < length && t < end + shortest + 4 * a.length; t++) {
    let sum = t < b.length ? b[t]! : 0;
    for (let k = 1; k < a.length && k <= t; k++) sum -= a[k]! * h[t - k]!;
    const value = sum / a[0]!;
    h[t] = value;
    peak = Math.max(peak, Math.abs(value));
    if (Math.abs(value) > 1e-11 * peak) end = t + 1;
  }
  return h.subarray(0, end);
}

/** By what a response grows with each sample in the end; 1 when it does not. */
function growthOf(h: Float64Array): number {
  const quarter = Math.floor(h.length / 4);
  const [earlier, later] = [largest(h.subarray(-2 * quarter, -quarter)), largest(h.subarray(-quarter))];
  return quarter > 0 && later > 2 * earlier && Number.isFinite(later) ? (later / earlier) ** (1 / quarter) : 1;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
