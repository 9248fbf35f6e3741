import * as tf from '@tensorflow/tfjs-core';
import { placesInRows, rowsOfPlaces, rowsOfThings } from '../compressed-rows.js';
import type { SparseProductAttrs, SparseProductInputs } from './spec.js';

export function sparseProduct(inputs: SparseProductInputs, { mean }: SparseProductAttrs): tf.Tensor[] {
  const { x, pointer } = inputs;
  const shape = [pointer.size - 1, ...x.shape.slice(1)];
  if (x.size === 0 || shape[0] === 0) return [tf.zeros(shape)];
  const sums = sumOfRows(inputs, shape[0]!);
  return [mean ? tf.div(sums, tf.expandDims(placesInRows(pointer), 2)) : sums];
}

function sumOfRows({ x, pointer, column, edge, weights }: SparseProductInputs, rows: number): tf.Tensor {
  // rows of x that are each in one sum need not be copied into the order of the places
  const once = weights == null ? rowsOfThings(pointer, column, x.shape[0]!) : null;
  if (once !== null) return tf.unsortedSegmentSum(x, once, rows);
  const places = (column ?? edge ?? weights ?? x).shape[0]!;
  const taken = column == null ? tf.slice(x, [0, 0, 0], [places, -1, -1]) : tf.gather(x, column as tf.Tensor1D);
  const factors = weights == null || edge == null ? weights : tf.gather(weights, edge as tf.Tensor1D);
  const terms = factors == null ? taken : tf.mul(taken, tf.expandDims(factors, 2));
  return tf.unsortedSegmentSum(terms, rowsOfPlaces(pointer, places), rows);
}
