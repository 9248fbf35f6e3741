import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { biquad, highpass, treble } from './biquads.js';
import { roundHalfEven } from './time-stretch.js';

/** Of the channels left, right, centre, left and right surround. */
const weights = [1, 1, 1, 1.41, 1.41];

/**
 * Loudness in LKFS (ITU-R BS.1770-4): energy after a filter like the ear's, in blocks of 0.4 s of which silent ones do not count.
 * Differentiable. As torchaudio's `loudness`; the filters clip to [-1, 1] as there, which takes 0.2 dB off a tone of 1 kHz at full scale.
 *
 * @param x float32 [N, time, channels] of up to five channels, or [N, time]
 * @returns [N]; minus infinity, as pyloudnorm has it, for silence and for what is nowhere louder than -70 LKFS. torchaudio gives NaN
 * @throws InvalidArgumentError for more channels, or less than 0.4 s
 */
export function loudness(x: tf.Tensor, sampleRate: number): tf.Tensor {
  check(
    x.rank === 2 || x.rank === 3,
    () => `loudness: x must be [N, time, channels] or [N, time], got [${x.shape.join(', ')}]`,
  );
  const channels = x.rank === 3 ? x.shape[2]! : 1;
  check(channels <= 5, `loudness: ${channels} channels; at most five are known`);
  const size = roundHalfEven(0.4 * sampleRate);
  const hop = roundHalfEven(size * 0.25);
  const [batch, time] = x.shape as [number, number];
  check(time >= size, `loudness: ${time} samples are less than the 0.4 s that it is measured over`);
  return scope(() => {
    const shelf = biquad(x, treble(sampleRate, 4, 1500, 1 / Math.sqrt(2)));
    const heard = tf.reshape(biquad(shelf, highpass(sampleRate, 38, 0.5)), [batch, time, channels]);
    const rows = tf.reshape(tf.transpose(heard, [0, 2, 1]), [batch * channels, time]);
    const means = tf.mean(functional.frames(tf.square(rows), size, hop), 2);
    const energy = tf.reshape(means, [batch, channels, -1]);
    const gains = tf.tensor3d(weights.slice(0, channels), [1, channels, 1]);
    const blocks = level(tf.sum(tf.mul(energy, gains), 1));
    const gated = (open: tf.Tensor): tf.Tensor => {
      const counted = tf.cast(tf.expandDims(open, 1), 'float32');
      const mean = tf.div(tf.sum(tf.mul(energy, counted), 2, true), tf.maximum(tf.sum(counted, 2, true), 1));
      return level(tf.sum(tf.mul(mean, gains), [1, 2]));
    };
    const loud = tf.greater(blocks, -70);
    const relative = tf.expandDims(tf.sub(gated(loud), 10), 1);
    return gated(tf.logicalAnd(loud, tf.greater(blocks, relative)));
  });
}

function level(energy: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(tf.log(energy), 10 / Math.LN10), -0.691);
}
