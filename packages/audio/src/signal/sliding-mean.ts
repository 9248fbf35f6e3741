import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

export interface SlidingMeanOptions {
  /** Frames that the mean is taken over. Default 600. */
  readonly window?: number;
  /** Frames at least, at the start. Default 100. */
  readonly minWindow?: number;
  /** The window lies around a frame, not before it. Default false. */
  readonly center?: boolean;
  /** Divide by the standard deviation, too. Default false. */
  readonly normVars?: boolean;
}

/**
 * Cepstral mean (and variance) normalisation over a sliding window of features x [N, frames, features] or [frames, features]; torchaudio's
 * `sliding_window_cmn`, whose windows are Kaldi's. Differentiable.
 */
export function slidingWindowCmn(x: tf.Tensor, options: SlidingMeanOptions = {}): tf.Tensor {
  const { normVars = false } = options;
  check(
    x.rank === 2 || x.rank === 3,
    () => `slidingWindowCmn: x must be [N, frames, features], got [${x.shape.join(', ')}]`,
  );
  return scope(() => {
    const batch = (x.rank === 3 ? x : tf.expandDims(x, 0)) as tf.Tensor3D;
    const frames = batch.shape[1];
    const { starts, ends } = windows(frames, options);
    const counts = tf.tensor2d(
      Array.from(ends, (end, t) => [end - starts[t]!]),
      undefined,
      'float32',
    );
    const mean = (y: tf.Tensor3D): tf.Tensor => {
      const sums = tf.pad(tf.cumsum(y, 1), [
        [0, 0],
        [1, 0],
        [0, 0],
      ]);
      const at = (places: Int32Array): tf.Tensor => tf.gather(sums, tf.tensor1d(places, 'int32'), 1);
      return tf.div(tf.sub(at(ends), at(starts)), counts);
    };
    const means = mean(batch);
    const centred = tf.sub(batch, means);
    if (!normVars) return tf.reshape(centred, x.shape);
    const variance = tf.sub(mean(tf.square(batch)), tf.square(means));
    // a window of one frame has no variance
    const many = tf.greater(counts, 1);
    const scale = tf.where(many, tf.rsqrt(tf.where(many, variance, tf.onesLike(variance))), tf.zerosLike(variance));
    return tf.reshape(tf.mul(centred, scale), x.shape);
  });
}

function windows(frames: number, options: SlidingMeanOptions): { starts: Int32Array; ends: Int32Array } {
  const { window = 600, minWindow = 100, center = false } = options;
  const [starts, ends] = [new Int32Array(frames), new Int32Array(frames)];
  for (let t = 0; t < frames; t++) {
    let start = center ? t - Math.floor(window / 2) : t - window;
    let end = center ? start + window : t + 1;
    if (start < 0) [start, end] = [0, end - start];
    if (!center && end > t) end = Math.max(t + 1, minWindow);
    if (end > frames) [start, end] = [Math.max(0, start - (end - frames)), frames];
    [starts[t], ends[t]] = [start, end];
  }
  return { starts, ends };
}
