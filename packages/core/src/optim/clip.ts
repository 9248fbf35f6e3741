import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';

type Gradients<K> = ReadonlyMap<K, tf.Tensor>;

/**
 * Scales all gradients together so that their norm is at most `maxNorm`; torch's clip_grad_norm_. Works without reading
 * anything back from the device. Returns new gradients and the norm before clipping (a scalar); the given ones remain
 * the caller's.
 * @param normType p of the p-norm over all values, default 2; Infinity takes the largest.
 */
export function clipGradNorm<K>(
  gradients: Gradients<K>,
  maxNorm: number,
  normType = 2,
): { readonly gradients: Map<K, tf.Tensor>; readonly norm: tf.Tensor } {
  check(maxNorm > 0, `maxNorm is ${maxNorm}; it must be above 0`);
  check(normType > 0, `normType is ${normType}; it must be above 0`);
  const keys = [...gradients.keys()];
  const [norm, ...clipped] = tf.tidy(() => {
    const total = totalNorm([...gradients.values()], normType);
    // like torch, a little less than maxNorm, which spares a division by zero
    const factor = tf.minimum(tf.div(maxNorm, tf.add(total, 1e-6)), 1);
    return [total, ...Array.from(gradients.values(), (gradient) => tf.mul(gradient, factor))];
  });
  return { gradients: new Map(keys.map((key, i) => [key, clipped[i]!])), norm: norm! };
}

/** Cuts every value of every gradient to [-clipValue, clipValue]; torch's clip_grad_value_. Returns new gradients. */
export function clipGradValue<K>(gradients: Gradients<K>, clipValue: number): Map<K, tf.Tensor> {
  check(clipValue > 0, `clipValue is ${clipValue}; it must be above 0`);
  return new Map(Array.from(gradients, ([key, gradient]) => [key, tf.clipByValue(gradient, -clipValue, clipValue)]));
}

function totalNorm(gradients: readonly tf.Tensor[], p: number): tf.Tensor {
  if (gradients.length === 0) return tf.scalar(0);
  const each = (f: (x: tf.Tensor) => tf.Tensor): tf.Tensor => tf.stack(gradients.map(f));
  if (p === Infinity) return tf.max(each((x) => tf.max(tf.abs(x))));
  if (p === 1) return tf.sum(each((x) => tf.sum(tf.abs(x))));
  if (p === 2) return tf.sqrt(tf.sum(each((x) => tf.sum(tf.square(x)))));
  return tf.pow(tf.sum(each((x) => tf.sum(tf.pow(tf.abs(x), p)))), 1 / p);
}
