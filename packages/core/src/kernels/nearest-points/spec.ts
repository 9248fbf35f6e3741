import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { nearestPoints } from './reference.js';

export interface NearestPointsInputs {
  /** float32 [batch, points, dimensions]. */
  readonly a: tf.Tensor;
  /** float32 [batch, candidates, dimensions], at least one candidate. */
  readonly b: tf.Tensor;
}

/** For each point of a the number of the candidate in b that is nearest, the first of equal ones: int32 [batch, points]. */
export const NearestPoints = ownKernel<NearestPointsInputs>('NearestPoints', nearestPoints);
