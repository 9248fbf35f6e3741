import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';

/** Mean over the nodes of each graph, at each node; without a batch [1, channels]. For use inside a scope. */
export function graphMean(x: tf.Tensor, batch: functional.Segments | null): tf.Tensor {
  if (batch === null) return tf.mean(x, 0, true);
  return functional.segmentGather(functional.segmentMean(x, batch), batch);
}
