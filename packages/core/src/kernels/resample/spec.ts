import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { resample } from './reference.js';

/** A sparse linear map along one axis: output o is the sum over i of weights[o][i] * input[first[o] + i]. */
export interface LinearMap {
  readonly from: number;
  readonly first: readonly number[];
  readonly weights: ReadonlyArray<readonly number[]>;
}

export interface ResampleAttrs {
  /** Null leaves the axis as it is. */
  readonly rows: LinearMap | null;
  readonly columns: LinearMap | null;
  /** Applies the transposes of both maps instead: from their outputs to their inputs. */
  readonly transposed: boolean;
}

export interface ResampleInputs {
  readonly x: tf.Tensor;
}

/**
 * Linear maps along the second and third axis of x float32 [batch, rows, columns, channels]. What a map reads must lie inside
 * the axis. Elements whose weight is 0 may be left out, so that NaN and infinities in them do not spread.
 */
export const Resample = ownKernel<ResampleInputs, ResampleAttrs>('Resample', resample);
