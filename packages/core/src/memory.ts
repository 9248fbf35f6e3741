import * as tf from '@tensorflow/tfjs-core';

/**
 * tf.tidy for functions that return anything: tensors made inside are disposed unless they are in the result
 * (itself a tensor, an array or a plain object of them), also when `fn` throws.
 */
export function scope<T>(fn: () => T): T {
  return tf.tidy(fn as () => tf.TensorContainer) as T;
}
