import * as tf from '@tensorflow/tfjs-core';
import { Module, scope, type functional } from '@hourglass/core';
import type { Normalization } from './normalization.js';

/** Divides by the root of the number of nodes of each graph (Dwivedi et al. 2020, arXiv:2003.00982). Has no parameters. */
export class GraphSizeNorm extends Module implements Normalization {
  forward(x: tf.Tensor, batch: functional.Segments | null = null): tf.Tensor {
    if (batch === null) return tf.mul(x, 1 / Math.sqrt(Math.max(1, x.shape[0]!)));
    return scope(() => {
      const { ids, pointer } = batch.values;
      const scale = Float32Array.from(ids, (graph) => 1 / Math.sqrt(pointer[graph + 1]! - pointer[graph]!));
      return tf.mul(x, tf.tensor2d(scale, [ids.length, 1]));
    });
  }
}
