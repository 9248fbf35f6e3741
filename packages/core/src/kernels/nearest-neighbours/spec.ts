import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { nearestNeighbours } from './reference.js';

export interface NearestNeighboursInputs {
  /** float32 [batch, points, dimensions]. */
  readonly a: tf.Tensor;
  /** float32 [batch, candidates, dimensions]. */
  readonly b: tf.Tensor;
}

export interface NearestNeighboursAttrs {
  /** How many are wanted: at least 1, at most all candidates. */
  readonly count: number;
}

/**
 * For each point of a the numbers of the `count` candidates in b that are nearest, the nearest first, and the first of equal ones
 * first: int32 [batch, points, count].
 */
export const NearestNeighbours = ownKernel<NearestNeighboursInputs, NearestNeighboursAttrs>(
  'NearestNeighbours',
  nearestNeighbours,
);
