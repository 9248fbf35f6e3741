import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { snake, snakeGrad } from './reference.js';

export interface SnakeAttrs {
  /** The parameters are logarithms. */
  readonly logScale: boolean;
  /** Added to the divisor. */
  readonly eps: number;
}

export interface SnakeInputs {
  /** float32 [..., channels]. */
  readonly x: tf.Tensor;
  /** float32 [1] or [channels]. */
  readonly alpha: tf.Tensor;
  /** float32 [1] or [channels]; alpha where it is left out. */
  readonly beta?: tf.Tensor | null | undefined;
}

/**
 * x + sin²(alpha x) / (beta + eps), the parameters exp(alpha) and exp(beta) with `logScale` (Ziyin et al. 2020, arXiv:2006.08195;
 * with a beta of its own SnakeBeta, Lee et al. 2022, arXiv:2206.04658).
 */
export const Snake = ownKernel<SnakeInputs, SnakeAttrs>('Snake', snake);

export interface SnakeGradInputs extends SnakeInputs {
  /** float32 of the shape of x. */
  readonly dy: tf.Tensor;
}

/** Gradients of {@link Snake}: dx, dalpha and, with a beta, dbeta. */
export const SnakeGrad = ownKernel<SnakeGradInputs, SnakeAttrs>('SnakeGrad', snakeGrad);
