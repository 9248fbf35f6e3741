import * as tf from '@tensorflow/tfjs-core';

let shared: Map<number, tf.Tensor> | null = null;

/**
 * Runs `fn`; numbers that pass through {@link constant} inside become tensors once only. With many small parameters that
 * counts: making a scalar takes as long as an operation on it.
 */
export function sharingConstants(fn: () => void): void {
  const made = new Map<number, tf.Tensor>();
  shared = made;
  try {
    fn();
  } finally {
    shared = null;
    for (const tensor of made.values()) tensor.dispose();
  }
}

/** A float32 scalar, to be used at once. */
export function constant(value: number): tf.Tensor {
  const known = shared?.get(value);
  if (known !== undefined) return known;
  const made = tf.scalar(value, 'float32');
  if (shared !== null) shared.set(value, tf.keep(made));
  return made;
}

export function times(x: tf.Tensor, factor: number): tf.Tensor {
  return tf.mul(x, constant(factor));
}

export function plus(x: tf.Tensor, term: number): tf.Tensor {
  return tf.add(x, constant(term));
}
