import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';

/** Mean squared distance of each point [N, A, 3] to its nearest of [N, B, 3], and the other way round, added. */
export function chamferDistance(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return scope(() => {
    const squares = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(x), 2);
    const products = tf.matMul(a, b, false, true);
    const distances = tf.sub(tf.add(tf.expandDims(squares(a), 2), tf.expandDims(squares(b), 1)), tf.mul(products, 2));
    return tf.add(tf.mean(tf.min(distances, 2)), tf.mean(tf.min(distances, 1)));
  });
}
