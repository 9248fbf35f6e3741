import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';
import { activation, inOnePass } from './one-pass.js';

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: tf.Tensor): tf.Tensor {
  return tf.sigmoid(x);
}

/** x sigmoid(scale x): SiLU, also called Swish, with scale 1 (Elfwing et al. 2017, arXiv:1702.03118). */
function gated(x: tf.Tensor, scale: number): tf.Tensor {
  const scaled = (x: tf.Tensor): tf.Tensor => (scale === 1 ? x : tf.mul(x, scale));
  return activation(
    x,
    'gated',
    [scale],
    (x) => tf.mul(x, tf.sigmoid(scaled(x))),
    (dy, x) => {
      const u = scaled(x);
      const s = tf.sigmoid(u);
      // s (1 + u (1 - s))
      return tf.mul(dy, tf.mul(s, tf.add(tf.mul(u, tf.sub(1, s)), 1)));
    },
  );
}

/** x sigmoid(x), also called Swish (Elfwing et al. 2017, arXiv:1702.03118). */
export function silu(x: tf.Tensor): tf.Tensor {
  return gated(x, 1);
}

/** x sigmoid(1.702 x), the approximation of GELU that CLIP uses (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
export function quickGelu(x: tf.Tensor): tf.Tensor {
  return gated(x, 1.702);
}

/**
 * x times the standard normal distribution function at x (Hendrycks and Gimpel 2016, arXiv:1606.08415).
 * `approximate: 'tanh'` is the paper's formula, torch's option of this name and GPT-2's `gelu_new`.
 */
export function gelu(x: tf.Tensor, options: { approximate?: 'none' | 'tanh' } = {}): tf.Tensor {
  if (options.approximate === 'tanh') return geluTanh(x);
  if (!inOnePass(x)) return scope(() => tf.mul(x, normalCdf(x)));
  const value = (x: tf.Tensor): tf.Tensor => tf.mul(x, normalCdf(x));
  return activation(x, 'gelu', [], value, (dy, x) => tf.mul(dy, tf.add(normalCdf(x), tf.mul(x, normalDensity(x)))));
}

/** The density of the standard normal distribution. */
function normalDensity(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
}

/** The standard normal distribution function. */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (x) => ({ value: tf.mul(tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1), 0.5) }),
    (dy, [x]) => tf.mul(dy, normalDensity(x!)),
  );
}

/** With 0.5 (1 + tanh(u)) = sigmoid(2 u), which is much faster than tanh on wasm. */
function geluTanh(x: tf.Tensor): tf.Tensor {
  const a = 2 * Math.sqrt(2 / Math.PI);
  const b = a * 0.044715;
  const gate = (x2: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.sigmoid(tf.mul(x, tf.add(tf.mul(x2, b), a)));
  return activation(
    x,
    'geluTanh',
    [],
    (x) => tf.mul(x, gate(tf.square(x), x)),
    (dy, x) => {
      const x2 = tf.square(x);
      const s = gate(x2, x);
      // s + x s (1 - s) (a + 3 b x^2)
      const slope = tf.mul(tf.mul(x, tf.sub(1, s)), tf.add(tf.mul(x2, 3 * b), a));
      return tf.mul(dy, tf.mul(s, tf.add(slope, 1)));
    },
  );
}

/**
 * x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681). With q = sigmoid(-x), tanh(softplus(x)) is
 * sigmoid(x) (1 + q) / (1 + q^2), which neither overflows nor cancels.
 */
export function mish(x: tf.Tensor): tf.Tensor {
  const gate = (x: tf.Tensor): tf.Tensor => {
    const q = tf.sigmoid(tf.neg(x));
    return tf.div(tf.mul(tf.sigmoid(x), tf.add(q, 1)), tf.add(tf.square(q), 1));
  };
  return activation(
    x,
    'mish',
    [],
    (x) => tf.mul(x, gate(x)),
    (dy, x) => {
      const t = gate(x);
      return tf.mul(dy, tf.add(t, tf.mul(tf.mul(x, tf.sigmoid(x)), tf.sub(1, tf.square(t)))));
    },
  );
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
  // above 17 the two are the same float32
  const isSmooth = threshold >= 17 && beta > 0;
  const value = (x: tf.Tensor): tf.Tensor => {
    const scaled = tf.mul(x, beta);
    const smooth = tf.div(tf.softplus(scaled), beta);
    return isSmooth ? smooth : tf.where(tf.greater(scaled, threshold), x, smooth);
  };
  if (!inOnePass(x)) return scope(() => value(x));
  return activation(x, 'softplus', [beta, threshold], value, (dy, x) => {
    const scaled = tf.mul(x, beta);
    const slope = tf.sigmoid(scaled);
    return tf.mul(dy, isSmooth ? slope : tf.where(tf.greater(scaled, threshold), tf.onesLike(slope), slope));
  });
}

/** log(sigmoid(x)), without cancellation. */
export function logSigmoid(x: tf.Tensor): tf.Tensor {
  return scope(() => tf.neg(tf.softplus(tf.neg(x))));
}
