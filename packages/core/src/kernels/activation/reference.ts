import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import type { ActivationAttrs, ActivationGradInputs, ActivationInputs, ActivationKind } from './spec.js';

/** One function of one number; `p` are its parameters. */
interface Composed {
  readonly value: (x: tf.Tensor, p: readonly number[]) => tf.Tensor;
  readonly gradient: (dy: tf.Tensor, x: tf.Tensor, p: readonly number[]) => tf.Tensor;
}

/** The density of the standard normal distribution. */
function normalDensity(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
}

/** The standard normal distribution function. */
export function normalCdf(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (x) => ({ value: tf.mul(tf.add(tf.erf(tf.mul(x!, Math.SQRT1_2)), 1), 0.5) }),
    (dy, [x]) => tf.mul(dy, normalDensity(x!)),
  );
}

const times = (x: tf.Tensor, factor: number): tf.Tensor => (factor === 1 ? x : tf.mul(x, factor));

const geluA = 2 * Math.sqrt(2 / Math.PI);
const geluB = geluA * 0.044715;

/** 0.5 (1 + tanh(u)) = sigmoid(2 u), which is much faster than tanh on wasm. */
function geluGate(square: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.sigmoid(tf.mul(x, tf.add(tf.mul(square, geluB), geluA)));
}

/**
 * tanh(softplus(x)): with q = sigmoid(-x) that is sigmoid(x) (1 + q) / (1 + q²), which neither overflows nor cancels.
 */
function mishGate(x: tf.Tensor): tf.Tensor {
  const q = tf.sigmoid(tf.neg(x));
  return tf.div(tf.mul(tf.sigmoid(x), tf.add(q, 1)), tf.add(tf.square(q), 1));
}

/** Whether softplus is the same float32 with and without its threshold. */
const isSmooth = ([beta, threshold]: readonly number[]): boolean => threshold! >= 17 && beta! > 0;

/** exp(min(rate x, 0)) - 1. */
function decay(x: tf.Tensor, rate: number): tf.Tensor {
  const u = times(x, rate);
  return tf.sub(tf.elu(u), tf.relu(u));
}

const composed: Readonly<Record<ActivationKind, Composed>> = {
  gated: {
    value: (x, [scale]) => tf.mul(x, tf.sigmoid(times(x, scale!))),
    gradient(dy, x, [scale]) {
      const u = times(x, scale!);
      const s = tf.sigmoid(u);
      // s (1 + u (1 - s))
      return tf.mul(dy, tf.mul(s, tf.add(tf.mul(u, tf.sub(1, s)), 1)));
    },
  },
  gelu: {
    value: (x) => tf.mul(x, normalCdf(x)),
    gradient: (dy, x) => tf.mul(dy, tf.add(normalCdf(x), tf.mul(x, normalDensity(x)))),
  },
  geluTanh: {
    value: (x) => tf.mul(x, geluGate(tf.square(x), x)),
    gradient(dy, x) {
      const square = tf.square(x);
      const s = geluGate(square, x);
      // s + x s (1 - s) (a + 3 b x²)
      const slope = tf.mul(tf.mul(x, tf.sub(1, s)), tf.add(tf.mul(square, 3 * geluB), geluA));
      return tf.mul(dy, tf.mul(s, tf.add(slope, 1)));
    },
  },
  mish: {
    value: (x) => tf.mul(x, mishGate(x)),
    gradient(dy, x) {
      const t = mishGate(x);
      return tf.mul(dy, tf.add(t, tf.mul(tf.mul(x, tf.sigmoid(x)), tf.sub(1, tf.square(t)))));
    },
  },
  hardswish: {
    value: (x) => tf.mul(x, tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6)),
    gradient(dy, x) {
      // x / 3 + 1/2 between the kinks, 1 above them and, as in torch, at the upper one
      const below = tf.step(tf.sub(3, x));
      const middle = tf.mul(tf.step(tf.add(x, 3)), below);
      return tf.mul(dy, tf.add(tf.mul(middle, tf.add(tf.mul(x, 1 / 3), 0.5)), tf.sub(1, below)));
    },
  },
  softplus: {
    value(x, p) {
      const [beta, threshold] = p as [number, number];
      const u = times(x, beta);
      const smooth = times(tf.softplus(u), 1 / beta);
      return isSmooth(p) ? smooth : tf.where(tf.greater(u, threshold), x, smooth);
    },
    gradient(dy, x, p) {
      const [beta, threshold] = p as [number, number];
      const u = times(x, beta);
      const slope = tf.sigmoid(u);
      return tf.mul(dy, isSmooth(p) ? slope : tf.where(tf.greater(u, threshold), tf.onesLike(slope), slope));
    },
  },
  leaky: {
    // as a PReLU, which is vectorised on wasm
    value: (x, [rate]) => tf.prelu(x, tf.fill(x.shape.slice(-1), rate!)),
    gradient: (dy, x, [rate]) => tf.mul(dy, tf.step(x, rate)),
  },
  exponential: {
    value(x, p) {
      const [alpha, scale, rate] = p as [number, number, number];
      return tf.add(tf.mul(tf.relu(x), scale), tf.mul(decay(x, rate), scale * alpha));
    },
    gradient(dy, x, p) {
      const [alpha, scale, rate] = p as [number, number, number];
      const positive = tf.step(x);
      const slope = tf.mul(tf.mul(tf.sub(1, positive), tf.add(decay(x, rate), 1)), scale * alpha * rate);
      return tf.mul(dy, tf.add(tf.mul(positive, scale), slope));
    },
  },
  squaredRelu: {
    value: (x) => tf.square(tf.relu(x)),
    gradient: (dy, x) => tf.mul(dy, tf.mul(tf.relu(x), 2)),
  },
};

export function activation({ x }: ActivationInputs, { kind, parameters }: ActivationAttrs): tf.Tensor[] {
  return [composed[kind].value(x, parameters)];
}

export function activationGrad({ x, dy }: ActivationGradInputs, { kind, parameters }: ActivationAttrs): tf.Tensor[] {
  return [composed[kind].gradient(dy, x, parameters)];
}
