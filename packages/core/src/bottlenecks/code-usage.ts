import * as tf from '@tensorflow/tfjs-core';
import { withoutGradient } from '../gradients/custom-op.js';

/**
 * How evenly codes are used: the exponential of the entropy of their shares, from 1 (only one is used) to the number of codes.
 * A constant of differentiation.
 *
 * @param counts float32 [codes]: how often each was used
 * @returns scalar
 */
export function perplexity(counts: tf.Tensor): tf.Tensor {
  return withoutGradient(() => {
    const share = tf.div(counts, tf.maximum(tf.sum(counts), 1e-12));
    // 0 log 0 counts as 0
    const logarithm = tf.log(tf.maximum(share, 1e-30));
    return tf.exp(tf.neg(tf.sum(tf.mul(share, logarithm))));
  });
}
