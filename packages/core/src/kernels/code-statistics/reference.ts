import * as tf from '@tensorflow/tfjs-core';
import type { CodeStatisticsAttrs, CodeStatisticsInputs } from './spec.js';

export function codeStatistics({ x, codes }: CodeStatisticsInputs, { size }: CodeStatisticsAttrs): tf.Tensor[] {
  const ids = codes as tf.Tensor1D;
  return [tf.unsortedSegmentSum(tf.ones([ids.size]), ids, size), tf.unsortedSegmentSum(x, ids, size)];
}
