import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { ballQuery } from './reference.js';

export interface BallQueryInputs {
  /** float32 [batch, centres, dimensions]. */
  readonly centres: tf.Tensor;
  /** float32 [batch, points, dimensions], at least one point. */
  readonly points: tf.Tensor;
}

export interface BallQueryAttrs {
  readonly radius: number;
  /** How many are wanted for each centre, at least 1. */
  readonly count: number;
  /** Fills up with the first point found, number 0 where there is none; else with -1. */
  readonly repeat: boolean;
}

/**
 * For each centre the numbers of the first `count` points that are nearer than `radius`, in their order: int32
 * [batch, centres, count] (PointNet++, Qi et al. 2017, arXiv:1706.02413).
 */
export const BallQuery = ownKernel<BallQueryInputs, BallQueryAttrs>('BallQuery', ballQuery);
