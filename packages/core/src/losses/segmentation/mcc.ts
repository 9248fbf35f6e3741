import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { total } from '../reduction.js';

/**
 * 1 - Matthews correlation coefficient over the whole batch (Abhishek and Hamarneh 2021), for binary masks.
 * segmentation_models_pytorch's MCCLoss.
 *
 * @param probabilities float32 [N, ...], probabilities rather than logits.
 * @param target as many elements in the same order; differentiable when float32.
 * @param options `eps` is added to each count, default 1e-5.
 * @returns a scalar.
 */
export function mcc(probabilities: tf.Tensor, target: tf.Tensor, options: { readonly eps?: number } = {}): tf.Tensor {
  const { eps = 1e-5 } = options;
  check(probabilities.size === target.size, () => `mcc: ${probabilities.size} predictions for ${target.size} targets`);
  return scope(() => {
    const p = tf.reshape(probabilities, [target.shape[0] ?? 1, -1]);
    const t = tf.reshape(tf.cast(target, 'float32'), p.shape);
    const count = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.add(total(tf.mul(x, y)), eps);
    const [notP, notT] = [tf.sub(1, p), tf.sub(1, t)];
    const [tp, tn, fp, fn] = [count(p, t), count(notP, notT), count(p, notT), count(notP, t)];
    const numerator = tf.sub(tf.mul(tp, tn), tf.mul(fp, fn));
    // root by root, so that the product of four counts of a large batch stays within float32
    const root = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sqrt(tf.add(a, b));
    const denominator = tf.mul(tf.mul(root(tp, fp), root(tp, fn)), tf.mul(root(tn, fp), root(tn, fn)));
    return tf.sub(1, tf.div(numerator, denominator));
  });
}
