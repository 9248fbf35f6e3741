import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';
import { channelMeans, scaleShift } from '../../kernels/channels.js';

/**
 * Divides x [..., C] by (k + alpha / size * sum of squares over `size` neighbouring channels)^beta
 * (Krizhevsky et al. 2012), with torch's window: size / 2 channels before, (size - 1) / 2 after, zeros outside.
 */
export function localResponseNorm(
  x: tf.Tensor,
  size: number,
  options: { alpha?: number; beta?: number; k?: number } = {},
): tf.Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  checkCount('localResponseNorm: size', size);
  const channels = x.shape.at(-1)!;
  return scope(() => {
    const before = Math.floor(size / 2);
    const after = Math.floor((size - 1) / 2);
    // the windows as a product with a banded matrix, the fastest form on wasm
    const band = tf.buffer([channels, channels], 'float32');
    for (let c = 0; c < channels; c++) {
      for (let i = Math.max(0, c - before); i <= Math.min(channels - 1, c + after); i++) band.set(alpha / size, i, c);
    }
    const rows = tf.reshape(x, [x.size / channels, channels]);
    const energy = tf.matMul(tf.square(rows), band.toTensor() as tf.Tensor2D);
    return tf.reshape(tf.mul(rows, tf.pow(tf.add(energy, k), -beta)), x.shape);
  });
}

/**
 * Global response normalisation of ConvNeXt V2 (Woo et al. 2023, arXiv:2301.00808) for x [N, ..., C]: with g the L2 norm
 * of each channel over positions and n = g / (mean of g over channels + eps), x + weight (x n) + bias. Parameters have
 * C values in any shape.
 */
export function globalResponseNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps = 1e-6): tf.Tensor {
  const [n, c] = [x.shape[0]!, x.shape.at(-1)!];
  check(
    x.rank >= 3 && weight.size === c && bias.size === c,
    () =>
      `globalResponseNorm takes [batch, ..., channels] and a weight and bias a channel, got shape [${x.shape.join(', ')}] with ${weight.size} and ${bias.size}`,
  );
  const p = x.size / (n * c);
  const norms = (x: tf.Tensor): [g: tf.Tensor, inverse: tf.Tensor] => {
    const g = tf.sqrt(tf.mul(channelMeans(tf.square(x)), p));
    return [g, tf.reciprocal(tf.add(tf.mean(g, 1, true), eps))];
  };
  const row = (v: tf.Tensor): tf.Tensor => tf.reshape(v, [1, c]);
  return scope(() => {
    const y = customOp(
      [tf.reshape(x, [n, p, c]), weight, bias],
      (x, weight, bias) => {
        const [g, inverse] = norms(x!);
        const scale = tf.add(tf.mul(tf.mul(g, inverse), row(weight!)), 1);
        return { value: scaleShift(x!, scale, tf.tile(row(bias!), [n, 1])) };
      },
      (dy, [x, weight]) => {
        const [g, inverse] = norms(x!);
        const normed = tf.mul(g, inverse);
        const sums = tf.mul(channelMeans(tf.mul(dy, x!)), p);
        const ofNormed = tf.mul(sums, row(weight!));
        const ofG = tf.sub(
          tf.mul(ofNormed, inverse),
          tf.mul(tf.mean(tf.mul(ofNormed, g), 1, true), tf.square(inverse)),
        );
        const dx = tf.add(
          scaleShift(dy, tf.add(tf.mul(normed, row(weight!)), 1), null),
          scaleShift(x!, tf.divNoNan(ofG, g), null),
        );
        return [
          dx,
          tf.reshape(tf.sum(tf.mul(sums, normed), 0), weight!.shape),
          tf.reshape(tf.mul(tf.sum(channelMeans(dy), 0), p), bias.shape),
        ];
      },
    );
    return tf.reshape(y, x.shape);
  });
}
