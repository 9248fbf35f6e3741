import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { neighbourDistances, neighbourDistancesGradient } from './reference.js';

export interface NeighbourDistancesInputs {
  /** float32 [batch, points, dimensions]. */
  readonly a: tf.Tensor;
  /** float32 [batch, candidates, dimensions]. */
  readonly b: tf.Tensor;
  /** int32 [batch, points, count]: numbers of candidates. */
  readonly indices: tf.Tensor;
}

/** Squared distances from each point of a to those of b that `indices` name: float32 [batch, points, count]. */
export const NeighbourDistances = ownKernel<NeighbourDistancesInputs>('NeighbourDistances', neighbourDistances);

export interface NeighbourDistancesGradientInputs extends NeighbourDistancesInputs {
  /** float32 [batch, points, count]. */
  readonly dy: tf.Tensor;
}

/** Gradients of {@link NeighbourDistances}: da and db. A candidate's is added up in the order of the points. */
export const NeighbourDistancesGradient = ownKernel<NeighbourDistancesGradientInputs>(
  'NeighbourDistancesGradient',
  neighbourDistancesGradient,
);
