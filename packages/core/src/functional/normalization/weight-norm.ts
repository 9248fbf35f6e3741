import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';
import { channelMeans } from '../../kernels/channels.js';

/**
 * The weight with direction v and magnitude g: g v / |v|, the norm taken over all axes but `axis`, or over all where it
 * is null (Salimans and Kingma 2016, arXiv:1602.07868). g has the shape of v with 1 in place of the reduced axes.
 */
export function weightNorm(v: tf.Tensor, g: tf.Tensor, axis: number | null): tf.Tensor {
  const sums = (x: tf.Tensor): tf.Tensor => sumExcept(x, axis);
  const norm = (v: tf.Tensor): tf.Tensor => tf.sqrt(sums(tf.square(v)));
  return scope(() =>
    customOp(
      [v, g],
      (v, g) => ({ value: tf.mul(v!, tf.div(tf.reshape(g!, keptShape(v!, axis)), norm(v!))) }),
      (dy, [v, g]) => {
        const length = norm(v!);
        const scale = tf.div(tf.reshape(g!, length.shape), length);
        const ofG = tf.div(sums(tf.mul(dy, v!)), length);
        const along = tf.mul(v!, tf.div(ofG, length));
        return [tf.mul(scale, tf.sub(dy, along)), tf.reshape(ofG, g!.shape)];
      },
    ),
  );
}

function keptShape(x: tf.Tensor, axis: number | null): number[] {
  return x.shape.map((size, i) => (i === axis ? size : 1));
}

function sumExcept(x: tf.Tensor, axis: number | null): tf.Tensor {
  const kept = keptShape(x, axis);
  if (axis === x.rank - 1) {
    const count = x.size / x.shape[axis]!;
    return tf.reshape(tf.mul(channelMeans(tf.reshape(x, [1, count, x.shape[axis]!])), count), kept);
  }
  const axes = x.shape.map((_, i) => i).filter((i) => i !== axis);
  return tf.sum(x, axes, true);
}
