import type * as tf from '@tensorflow/tfjs-core';
import { addFrames, cutFrames } from '../../kernels/frames/gradient.js';

/** Cuts x [B, T] into frames [B, F, length] that start every `hop` values; what is left over at the end is dropped. */
export function frames(x: tf.Tensor, length: number, hop: number): tf.Tensor {
  return cutFrames(x, { count: 1 + Math.floor((x.shape[1]! - length) / hop), length, hop });
}

/** Adds frames [B, F, length] up, one every `hop` values: [B, (F - 1) hop + length]. The transpose of {@link frames}. */
export function overlapAdd(x: tf.Tensor, hop: number): tf.Tensor {
  const [, count, length] = x.shape as [number, number, number];
  return addFrames(x, { size: (count - 1) * hop + length, hop });
}
