import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';

export interface DeltaOptions {
  /** Frames that a slope is taken over, odd. Default 5. */
  readonly winLength?: number;
  /** What lies beyond the ends. Default 'replicate'. */
  readonly mode?: functional.PadMode;
}

/** Slopes over time of features x [N, frames, features] or [frames, features], by least squares; torchaudio's `compute_deltas`. */
export function computeDeltas(x: tf.Tensor, { winLength = 5, mode = 'replicate' }: DeltaOptions = {}): tf.Tensor {
  check(winLength >= 3, `computeDeltas: winLength must be 3 or more, got ${winLength}`);
  check(
    x.rank === 2 || x.rank === 3,
    () => `computeDeltas: x must be [N, frames, features], got [${x.shape.join(', ')}]`,
  );
  const n = Math.floor((winLength - 1) / 2);
  const sum = (n * (n + 1) * (2 * n + 1)) / 3;
  return scope(() => {
    const batch = x.rank === 3 ? x : tf.expandDims(x, 0);
    const frames = batch.shape[1]!;
    const padded = functional.pad(batch, [[n, n]], { mode });
    const terms = Array.from({ length: 2 * n + 1 }, (_, i) =>
      tf.mul(tf.slice(padded, [0, i, 0], [-1, frames, -1]), (i - n) / sum),
    );
    return tf.reshape(tf.addN(terms), x.shape);
  });
}
