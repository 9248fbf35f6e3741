import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { customOp } from '../custom-op.js';

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: tf.Tensor): tf.Tensor {
  return tf.sigmoid(x);
}

/** x sigmoid(scale x): SiLU, also called Swish, with scale 1 (Elfwing et al. 2017, arXiv:1702.03118). */
function gated(x: tf.Tensor, scale: number): tf.Tensor {
  const scaled = (x: tf.Tensor): tf.Tensor => (scale === 1 ? x : tf.mul(x, scale));
  return customOp(
    [x],
    (x) => ({ value: tf.mul(x!, tf.sigmoid(scaled(x!))) }),
    (dy, [x]) => {
      const u = scaled(x!);
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
  return options.approximate === 'tanh' ? geluTanh(x) : scope(() => tf.mul(x, normalCdf(x)));
}

/** The standard normal distribution function. */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (x) => ({ value: tf.mul(tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1), 0.5) }),
    (dy, [x]) => tf.mul(dy, tf.mul(tf.exp(tf.mul(tf.square(x!), -0.5)), 1 / Math.sqrt(2 * Math.PI))),
  );
}

/** With 0.5 (1 + tanh(u)) = sigmoid(2 u), which is much faster than tanh on wasm. */
function geluTanh(x: tf.Tensor): tf.Tensor {
  const a = 2 * Math.sqrt(2 / Math.PI);
  const b = a * 0.044715;
  const gate = (x2: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.sigmoid(tf.mul(x, tf.add(tf.mul(x2, b), a)));
  return customOp(
    [x],
    (x) => ({ value: tf.mul(x!, gate(tf.square(x!), x!)) }),
    (dy, [x]) => {
      const x2 = tf.square(x!);
      const s = gate(x2, x!);
      // s + x s (1 - s) (a + 3 b x^2)
      const slope = tf.mul(tf.mul(x!, tf.sub(1, s)), tf.add(tf.mul(x2, 3 * b), a));
      return tf.mul(dy, tf.mul(s, tf.add(slope, 1)));
    },
  );
}
