import * as tf from '@tensorflow/tfjs-core';

/** Numbers by their parts, of one shape. */
export type Complex = readonly [re: tf.Tensor, im: tf.Tensor];

/** Value by value. */
export function product([a, b]: Complex, [c, d]: Complex): Complex {
  return [tf.sub(tf.mul(a, c), tf.mul(b, d)), tf.add(tf.mul(a, d), tf.mul(b, c))];
}

export function conjugate([re, im]: Complex): Complex {
  return [re, tf.neg(im)];
}
