import * as tf from '@tensorflow/tfjs-core';
import { overPairs } from '../pairwise.js';
import type { NearestCodesInputs } from './spec.js';

export function nearestCodes({ x, codebook }: NearestCodesInputs): tf.Tensor[] {
  const nearest = overPairs(tf.expandDims(x, 0), tf.expandDims(codebook, 0), (distances) => tf.argMin(distances, 2));
  return [tf.reshape(nearest, [x.shape[0]!])];
}
