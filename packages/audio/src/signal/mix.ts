import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

/**
 * x with noise added at a signal-to-noise ratio. Differentiable.
 *
 * @param x float32 [N, time]
 * @param noise [N, time]
 * @param snr decibels, of all or of each example
 * @param lengths samples of each example that count; default all
 */
export function addNoise(
  x: tf.Tensor,
  noise: tf.Tensor,
  snr: number | readonly number[],
  lengths?: readonly number[],
): tf.Tensor {
  check(
    x.rank === 2 && tf.util.arraysEqual(x.shape, noise.shape),
    () => `addNoise: x and noise must both be [N, time], got [${x.shape.join(', ')}] and [${noise.shape.join(', ')}]`,
  );
  const [batch, time] = x.shape as [number, number];
  const ratios = typeof snr === 'number' ? Array.from({ length: batch }, () => snr) : snr;
  check(ratios.length === batch, () => `addNoise: ${ratios.length} ratios for ${batch} examples`);
  check(
    lengths === undefined || lengths.length === batch,
    () => `addNoise: ${lengths!.length} lengths for ${batch} examples`,
  );
  return scope(() => {
    const counted = (y: tf.Tensor): tf.Tensor =>
      lengths === undefined
        ? y
        : tf.mul(y, tf.cast(tf.less(tf.range(0, time, 1), tf.tensor2d([...lengths], [batch, 1])), 'float32'));
    const energy = (y: tf.Tensor): tf.Tensor => tf.sum(tf.square(counted(y)), 1, true);
    const wanted = tf.exp(tf.mul(tf.tensor2d([...ratios], [batch, 1]), Math.LN10 / 10));
    return tf.add(x, tf.mul(noise, tf.sqrt(tf.div(tf.div(energy(x), energy(noise)), wanted))));
  });
}
