import * as tf from '@tensorflow/tfjs-core';

/** Every tensor in nested arrays and objects of any class. */
export function tensorsOf(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap(tensorsOf);
}
