import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { linear } from './linear.js';

/** beta input + alpha a b for batches of matrices [b, n, k] and [b, k, m] (torch.baddbmm). */
export function baddbmm(
  input: tf.Tensor,
  a: tf.Tensor,
  b: tf.Tensor,
  options: { beta?: number; alpha?: number } = {},
): tf.Tensor {
  const { beta = 1, alpha = 1 } = options;
  return scope(() => {
    const product = tf.mul(tf.matMul(a, b), alpha);
    // with beta 0 torch ignores the input, NaN included
    return beta === 0 ? product : tf.add(product, tf.mul(input, beta));
  });
}

/**
 * x [..., I] and y [..., J] with weight [O, I, J]: y_o = x W_o y + bias_o, [..., O] (torch.nn.functional.bilinear).
 *
 * @throws InvalidArgumentError when the sizes do not fit.
 */
export function bilinear(x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null = null): tf.Tensor {
  const [o, i, j] = weight.shape as [number, number, number];
  check(
    weight.rank === 3 &&
      x.shape.at(-1) === i &&
      y.shape.at(-1) === j &&
      tf.util.arraysEqual(x.shape.slice(0, -1), y.shape.slice(0, -1)),
    () =>
      `bilinear: inputs [${x.shape.join(', ')}] and [${y.shape.join(', ')}] do not fit a weight of shape [${weight.shape.join(', ')}]`,
  );
  return scope(() => {
    // x W for every output at once, then a product with y: [rows, O, J] times [rows, J]
    const rows = x.size / i;
    const left = linear(tf.reshape(x, [rows, i]), tf.reshape(tf.transpose(weight, [1, 0, 2]), [i, o * j]));
    const product = tf.sum(tf.mul(tf.reshape(left, [rows, o, j]), tf.reshape(y, [rows, 1, j])), 2);
    const result = bias === null ? product : tf.add(product, bias);
    return tf.reshape(result, [...x.shape.slice(0, -1), o]);
  });
}
