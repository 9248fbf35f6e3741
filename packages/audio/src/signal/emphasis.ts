import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';
import { lfilter } from './linear-filter.js';
import { timeRows } from './time-rows.js';

/** y[t] = x[t] - coefficient x[t - 1], of x [N, time, channels], [N, time] or [time]. Differentiable. */
export function preemphasis(x: tf.Tensor, coefficient = 0.97): tf.Tensor {
  return scope(() => {
    const { rows, restore } = timeRows('preemphasis', x);
    const before = tf.pad(tf.slice(rows, [0, 0], [-1, rows.shape[1] - 1]), [
      [0, 0],
      [1, 0],
    ]);
    return restore(tf.sub(rows, tf.mul(before, coefficient)));
  });
}

/** The inverse of {@link preemphasis}, clipped to [-1, 1] as torchaudio's is. Differentiable. */
export function deemphasis(x: tf.Tensor, coefficient = 0.97): tf.Tensor {
  return lfilter(x, [1, -coefficient], [1, 0]);
}
