import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';

/** Mean over the nodes of each graph, at each node; without a batch [1, channels], zeros where there is no node. For use inside a scope. */
export function graphMean(x: tf.Tensor, batch: functional.Segments | null): tf.Tensor {
  if (batch === null) return x.shape[0] === 0 ? tf.zeros([1, ...x.shape.slice(1)]) : tf.mean(x, 0, true);
  return functional.segmentGather(functional.segmentMean(x, batch), batch);
}
