import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';

/** All places where x and y overlap, as many as the first has, or those where they overlap whole. */
export type ConvolveMode = 'full' | 'same' | 'valid';

/**
 * Convolution of x and y [..., time] along the last axis, by Fourier transforms; the axes before it broadcast. Differentiable in both.
 */
export function convolve(x: tf.Tensor, y: tf.Tensor, mode: ConvolveMode = 'full'): tf.Tensor {
  check(['full', 'same', 'valid'].includes(mode), `convolve: mode must be full, same or valid, got '${mode}'`);
  const [m, n] = [x.shape.at(-1)!, y.shape.at(-1)!];
  const full = m + n - 1;
  return scope(() => {
    const spectrum = functional.complexMul(functional.rfft(x, { n: full }), functional.rfft(y, { n: full }));
    const result = functional.irfft(spectrum, { n: full });
    if (mode === 'full') return result;
    const length = mode === 'same' ? m : Math.max(m, n) - Math.min(m, n) + 1;
    const start = Math.floor((full - length) / 2);
    const before = result.shape.slice(0, -1);
    return tf.slice(result, [...before.map(() => 0), start], [...before.map(() => -1), length]);
  });
}
