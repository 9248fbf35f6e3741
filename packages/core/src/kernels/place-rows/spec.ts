import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { placeRows } from './reference.js';

export interface PlaceRowsInputs {
  /** float32, read as [batch, outer, count, inner]. */
  readonly x: tf.Tensor;
  /** int32, read as [batch, count]. */
  readonly indices: tf.Tensor;
}

export interface PlaceRowsAttrs {
  readonly batch: number;
  readonly outer: number;
  readonly count: number;
  readonly rows: number;
  readonly inner: number;
  /** The output's shape: [batch, outer, rows, inner], with axes of these taken apart. */
  readonly shape: number[];
}

/** The gradient of a gather: y[b, o, r] = the sum of x[b, o, i] over all i with indices[b, i] = r. Other indices count nowhere. */
export const PlaceRows = ownKernel<PlaceRowsInputs, PlaceRowsAttrs>('PlaceRows', placeRows);
