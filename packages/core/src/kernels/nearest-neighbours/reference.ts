import * as tf from '@tensorflow/tfjs-core';
import { overPairs } from '../pairwise.js';
import type { NearestNeighboursAttrs, NearestNeighboursInputs } from './spec.js';

export function nearestNeighbours({ a, b }: NearestNeighboursInputs, { count }: NearestNeighboursAttrs): tf.Tensor[] {
  return [overPairs(a, b, (distances) => tf.topk(tf.neg(distances), count).indices)];
}
