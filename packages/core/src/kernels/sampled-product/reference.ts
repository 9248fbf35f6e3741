import * as tf from '@tensorflow/tfjs-core';
import { placesOf, rowsOfPlaces } from '../compressed-rows.js';
import type { SampledProductInputs } from './spec.js';

export function sampledProduct({ a, b, pointer, column, edge }: SampledProductInputs): tf.Tensor[] {
  const places = column.size;
  if (places === 0 || b.size === 0) return [tf.zeros([places, b.shape[1]!])];
  const left = tf.gather(a, rowsOfPlaces(pointer, places));
  const products = tf.sum(tf.mul(left, tf.gather(b, column as tf.Tensor1D)), 2);
  return [edge == null ? products : tf.gather(products, placesOf(edge))];
}
