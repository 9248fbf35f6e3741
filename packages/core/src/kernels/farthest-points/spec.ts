import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { farthestPoints } from './reference.js';

export interface FarthestPointsInputs {
  /** float32 [batch, points, dimensions]. */
  readonly x: tf.Tensor;
  /** int32 [batch]: the number of the point that is chosen first. */
  readonly start: tf.Tensor;
}

export interface FarthestPointsAttrs {
  /** How many are chosen: at least 1, at most all. */
  readonly count: number;
}

/**
 * Farthest point sampling (Eldar et al. 1997; PointNet++, Qi et al. 2017, arXiv:1706.02413): after the first, the point is chosen
 * again and again that is farthest from the nearest of those chosen, the first of equal ones: int32 [batch, count].
 */
export const FarthestPoints = ownKernel<FarthestPointsInputs, FarthestPointsAttrs>('FarthestPoints', farthestPoints);
