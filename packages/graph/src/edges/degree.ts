import * as tf from '@tensorflow/tfjs-core';
import type { functional } from '@hourglass/core';

/** How many rows each segment has: [segments.size]. */
export function rowCounts({ size, values: { pointer } }: functional.Segments): Int32Array {
  return Int32Array.from({ length: size }, (_, s) => pointer[s + 1]! - pointer[s]!);
}

/**
 * {@link rowCounts} on the device: with `edges.incoming` how many edges lead to each node, with `edges.outgoing` how many start there.
 *
 * @returns float32 [segments.size]
 */
export function degree(segments: functional.Segments): tf.Tensor1D {
  return tf.tensor1d(Float32Array.from(rowCounts(segments)));
}
