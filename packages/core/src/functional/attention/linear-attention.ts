import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { elu } from '../activations/index.js';

/**
 * Attention in linear time with the feature map elu(x) + 1 (Katharopoulos et al. 2020, arXiv:2006.16236): queries
 * [..., L, E], keys [..., S, E], values [..., S, V] to [..., L, V].
 *
 * @param options.eps added to the normaliser. Default 1e-6.
 */
export function linearAttention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, options: { eps?: number } = {}): tf.Tensor {
  return scope(() => {
    const [fq, fk] = [tf.add(elu(q), 1), tf.add(elu(k), 1)];
    const memory = tf.matMul(fk, v, true, false);
    const total = tf.sum(fk, -2, true);
    const normaliser = tf.add(tf.sum(tf.mul(fq, total), -1, true), options.eps ?? 1e-6);
    return tf.div(tf.matMul(fq, memory), normaliser);
  });
}
