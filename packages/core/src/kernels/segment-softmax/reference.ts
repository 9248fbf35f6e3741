import * as tf from '@tensorflow/tfjs-core';
import { constantOf } from '../../functional/axes/constant.js';
import { segmentMax, segmentsOfRows } from '../segment-max/reference.js';
import type { SegmentMaxInputs } from '../segment-max/spec.js';
import type { SegmentSoftmaxGradientInputs } from './spec.js';

export function segmentSoftmax({ x, pointer, order }: SegmentMaxInputs): tf.Tensor[] {
  const [rows, size] = [x.shape[0]!, pointer.size - 1];
  if (rows === 0) return [tf.zeros(x.shape)];
  const segments = segmentsOfRows({ pointer, order }, rows);
  // what is taken off changes nothing, and so counts as a constant
  const largest = constantOf([x], (x) => tf.gather(segmentMax({ x: x!, pointer, order })[0]!, segments));
  const raised = tf.exp(tf.sub(x, largest));
  return [tf.div(raised, tf.gather(tf.unsortedSegmentSum(raised, segments, size), segments))];
}

export function segmentSoftmaxGradient({ y, dy, pointer, order }: SegmentSoftmaxGradientInputs): tf.Tensor[] {
  const [rows, size] = [y.shape[0]!, pointer.size - 1];
  if (rows === 0) return [tf.zeros(y.shape)];
  const segments = segmentsOfRows({ pointer, order }, rows);
  const sums = tf.unsortedSegmentSum(tf.mul(y, dy), segments, size);
  return [tf.mul(y, tf.sub(dy, tf.gather(sums, segments)))];
}
