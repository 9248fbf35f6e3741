import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';

/** Error function. */
export function erf(x: tf.Tensor): tf.Tensor {
  return tf.erf(x);
}

/** exp(x) - 1, accurate near 0. */
export function expm1(x: tf.Tensor): tf.Tensor {
  return tf.expm1(x);
}

/*
 * Gamma functions: the recurrence moves an argument x > 0 to z = x + 8, where Stirling's series of four terms is exact
 * in float32; the reflection formula gives negative arguments (Abramowitz and Stegun, 6.1.41, 6.3.18, 6.4.12).
 */
const shift = 8;

/** Splits into positive arguments and those to be reflected, of which `fn` gets 1 - x. */
function reflected(
  x: tf.Tensor,
  fn: (positive: tf.Tensor) => tf.Tensor,
  reflect: (x: tf.Tensor, ofMirror: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const negative = tf.lessEqual(x, 0);
  const mirrored = tf.where(negative, tf.sub(1, x), x);
  const y = fn(mirrored);
  return tf.where(negative, reflect(x, y), y);
}

/** The sum over k = 0 ... shift - 1 of fn(x + k). */
function ladder(x: tf.Tensor, fn: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return tf.addN(Array.from({ length: shift }, (_, k) => fn(tf.add(x, k))));
}

/** sin and cos of pi x with the argument reduced first, so that whole numbers are exact. */
function halfTurns(x: tf.Tensor): [sin: tf.Tensor, cos: tf.Tensor] {
  const angle = tf.mul(tf.sub(x, tf.round(x)), Math.PI);
  return [tf.sin(angle), tf.cos(angle)];
}

/** log |gamma(x)|; infinite at 0, -1, -2, … */
export function lgamma(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (x) => ({
      value: reflected(
        x!,
        (x) => {
          const z = tf.add(x, shift);
          const r = tf.reciprocal(z);
          const r2 = tf.square(r);
          const series = tf.mul(r, tf.add(tf.mul(r2, tf.add(tf.mul(r2, 1 / 1260), -1 / 360)), 1 / 12));
          // the differences of logarithms are taken before anything large is added
          const log = tf.log(z);
          const down = ladder(x, (v) => tf.log(tf.mul(v, r)));
          const stirling = tf.sub(tf.mul(tf.sub(x, 0.5), log), z);
          return tf.add(tf.sub(stirling, down), tf.add(series, 0.5 * Math.log(2 * Math.PI)));
        },
        (x, ofMirror) => tf.sub(tf.log(tf.div(Math.PI, tf.abs(halfTurns(x)[0]))), ofMirror),
      ),
    }),
    (dy, [x]) => tf.mul(dy, digamma(x!)),
  );
}

/** The derivative of {@link lgamma}; NaN at -1, -2, …, minus infinity at 0. */
export function digamma(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (x) => ({
      value: reflected(
        x!,
        (x) => {
          const r = tf.reciprocal(tf.add(x, shift));
          const r2 = tf.square(r);
          const series = tf.mul(r2, tf.add(tf.mul(r2, tf.add(tf.mul(r2, -1 / 252), 1 / 120)), -1 / 12));
          const down = ladder(x, tf.reciprocal);
          return tf.sub(tf.add(tf.sub(tf.mul(r, -0.5), tf.log(r)), series), down);
        },
        (x, ofMirror) => {
          const [sin, cos] = halfTurns(x);
          const value = tf.sub(ofMirror, tf.div(tf.mul(cos, Math.PI), sin));
          const pole = tf.logicalAnd(tf.equal(sin, 0), tf.less(x, 0));
          return tf.where(pole, tf.fill(x.shape, NaN), value);
        },
      ),
    }),
    (dy, [x]) => tf.mul(dy, trigamma(x!)),
  );
}

/** The derivative of {@link digamma}. */
export function trigamma(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    reflected(
      x,
      (x) => {
        const r = tf.reciprocal(tf.add(x, shift));
        const r2 = tf.square(r);
        const series = tf.mul(tf.mul(r, r2), tf.add(tf.mul(r2, tf.add(tf.mul(r2, 1 / 42), -1 / 30)), 1 / 6));
        return tf.add(
          tf.add(tf.add(r, tf.mul(r2, 0.5)), series),
          ladder(x, (v) => tf.reciprocal(tf.square(v))),
        );
      },
      (x, ofMirror) => tf.sub(tf.square(tf.div(Math.PI, halfTurns(x)[0])), ofMirror),
    ),
  );
}
