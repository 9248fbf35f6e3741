import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { normalCdf } from '../../kernels/activation/reference.js';
import { activation, inOnePass } from './one-pass.js';

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: tf.Tensor): tf.Tensor {
  return tf.sigmoid(x);
}

/** x sigmoid(x), also called Swish (Elfwing et al. 2017, arXiv:1702.03118). */
export function silu(x: tf.Tensor): tf.Tensor {
  return activation(x, 'gated', [1]);
}

/** x sigmoid(1.702 x), the approximation of GELU that CLIP uses (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
export function quickGelu(x: tf.Tensor): tf.Tensor {
  return activation(x, 'gated', [1.702]);
}

/**
 * x times the standard normal distribution function at x (Hendrycks and Gimpel 2016, arXiv:1606.08415).
 * `approximate: 'tanh'` is the paper's formula, torch's option of this name and GPT-2's `gelu_new`.
 */
export function gelu(x: tf.Tensor, options: { approximate?: 'none' | 'tanh' } = {}): tf.Tensor {
  if (options.approximate === 'tanh') return activation(x, 'geluTanh');
  // composed, the distribution function is kept for the backward pass and not computed twice
  return inOnePass(x) ? activation(x, 'gelu') : scope(() => tf.mul(x, normalCdf(x)));
}

/** x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681). */
export function mish(x: tf.Tensor): tf.Tensor {
  return activation(x, 'mish');
}

/** Hyperbolic tangent. */
export function tanh(x: tf.Tensor): tf.Tensor {
  return tf.tanh(x);
}

/** x - tanh(x). */
export function tanhshrink(x: tf.Tensor): tf.Tensor {
  return scope(() => tf.sub(x, tf.tanh(x)));
}

/** log(1 + exp(beta x)) / beta, and x itself where beta x > threshold, as torch does. */
export function softplus(x: tf.Tensor, options: { beta?: number; threshold?: number } = {}): tf.Tensor {
  const { beta = 1, threshold = 20 } = options;
  return activation(x, 'softplus', [beta, threshold]);
}

/** log(sigmoid(x)), without cancellation. */
export function logSigmoid(x: tf.Tensor): tf.Tensor {
  return scope(() => tf.neg(tf.softplus(tf.neg(x))));
}
