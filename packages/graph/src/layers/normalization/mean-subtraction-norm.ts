import * as tf from '@tensorflow/tfjs-core';
import { Module, scope, type functional } from '@hourglass/core';
import { graphMean } from './graph-mean.js';
import type { Normalization } from './normalization.js';

/** Takes away the mean of each graph's nodes (Yang et al. 2020, arXiv:2006.13009). Has no parameters. */
export class MeanSubtractionNorm extends Module implements Normalization {
  forward(x: tf.Tensor, batch: functional.Segments | null = null): tf.Tensor {
    return scope(() => tf.sub(x, graphMean(x, batch)));
  }
}
