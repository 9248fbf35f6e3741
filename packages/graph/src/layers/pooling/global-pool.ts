import type * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';

/**
 * Sum over the nodes of each graph of a batch.
 *
 * @param x float32 [nodes, …]
 * @param batch which graph each node belongs to
 * @returns float32 [graphs, …]; zeros for a graph without nodes
 */
export function globalAddPool(x: tf.Tensor, batch: functional.Segments): tf.Tensor {
  return functional.segmentSum(x, batch);
}

/** Mean over the nodes of each graph of a batch. Arguments as of {@link globalAddPool}. */
export function globalMeanPool(x: tf.Tensor, batch: functional.Segments): tf.Tensor {
  return functional.segmentMean(x, batch);
}

/** Largest value among the nodes of each graph of a batch, column by column. Arguments as of {@link globalAddPool}. */
export function globalMaxPool(x: tf.Tensor, batch: functional.Segments): tf.Tensor {
  return functional.segmentMax(x, batch);
}
