import * as tf from '@tensorflow/tfjs-core';
import type { functional } from '@hourglass/core';

/**
 * How many rows each segment has: with `edges.incoming` how many edges lead to each node, with `edges.outgoing` how many start there.
 *
 * @returns float32 [segments.size]
 */
export function degree(segments: functional.Segments): tf.Tensor1D {
  const { pointer } = segments.values;
  return tf.tensor1d(Float32Array.from({ length: segments.size }, (_, s) => pointer[s + 1]! - pointer[s]!));
}
