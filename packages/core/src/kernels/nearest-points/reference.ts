import * as tf from '@tensorflow/tfjs-core';
import { overPairs } from '../pairwise.js';
import type { NearestPointsInputs } from './spec.js';

export function nearestPoints({ a, b }: NearestPointsInputs): tf.Tensor[] {
  return [overPairs(a, b, (distances) => tf.argMin(distances, 2))];
}
