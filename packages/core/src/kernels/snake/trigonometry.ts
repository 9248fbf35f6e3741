import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';

/*
 * TFJS's wasm kernels of sin and cos take 30 ms for a million values, polynomials in vectorised kernels 4 ms. Other
 * backends have fast ones, or none that a dozen passes would beat.
 */

/** An angle, from which {@link sine} and {@link cosine} are computed. */
interface Reduced {
  readonly angle: tf.Tensor;
  /** Its square, where the angle has been reduced to a quarter turn on either side. */
  readonly square: tf.Tensor | null;
}

/** Prepares sin and cos of x UP TO THEIR COMMON SIGN: squares and products of the two are right. */
export function reduceAngle(x: tf.Tensor): Reduced {
  if (tf.getBackend() !== 'wasm') return { angle: x, square: null };
  const angle = scope(() => {
    const halfTurns = tf.round(tf.mul(x, 1 / Math.PI));
    // pi in two parts, of which the first has few enough digits for an exact product (Cody and Waite)
    const coarse = tf.sub(x, tf.mul(halfTurns, 3.140625));
    return tf.sub(coarse, tf.mul(halfTurns, Math.PI - 3.140625));
  });
  return { angle, square: tf.square(angle) };
}

/** sin, up to the sign that it shares with {@link cosine}. Largest error of the polynomial 3e-9. */
export function sine({ angle, square }: Reduced): tf.Tensor {
  return square === null ? tf.sin(angle) : scope(() => tf.mul(angle, polynomial(square, sineTerms)));
}

/** cos, up to the sign that it shares with {@link sine}. Largest error of the polynomial 5e-8. */
export function cosine({ angle, square }: Reduced): tf.Tensor {
  return square === null ? tf.cos(angle) : polynomial(square, cosineTerms);
}

// Least largest error on a quarter turn, in powers of the square.
const sineTerms = [0.9999999765, -0.166666476, 0.00833289931, -0.0001980086607, 2.59042425e-6];
const cosineTerms = [0.9999999534, -0.499999052, 0.04166358105, -0.001385367674, 2.315329288e-5];

function polynomial(x: tf.Tensor, terms: readonly number[]): tf.Tensor {
  let sum = scope(() => tf.add(tf.mul(x, terms.at(-1)!), terms.at(-2)!));
  for (let i = terms.length - 3; i >= 0; i--) {
    // freed at once: the next step then writes into memory that is still in the processor's cache
    const next = scope(() => tf.add(tf.mul(sum, x), terms[i]!));
    sum.dispose();
    sum = next;
  }
  return sum;
}
