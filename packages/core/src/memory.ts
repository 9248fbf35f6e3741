import * as tf from '@tensorflow/tfjs-core';
import { tensorsIn } from './data/tensors-in.js';

/**
 * tf.tidy for functions that return anything: tensors made inside are disposed unless they are in the result
 * (itself a tensor, an array or a plain object of them), also when `fn` throws. What else the result holds is not looked into:
 * tf.tidy would walk through every number of a typed array.
 */
export function scope<T>(fn: () => T): T {
  const engine = tf.engine();
  engine.startScope();
  let result: T;
  try {
    result = fn();
  } catch (error) {
    engine.endScope();
    throw error;
  }
  engine.endScope([...tensorsIn(result)]);
  return result;
}
