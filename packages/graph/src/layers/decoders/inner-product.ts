import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { checkDense, checkEmbeddings, type EdgeDecoder } from './decoder.js';

/** z_u · z_v as the logit of an edge between u and v (Kipf and Welling 2016, arXiv:1611.07308). It has no parameters. */
export class InnerProductDecoder extends Module implements EdgeDecoder {
  forward(z: tf.Tensor, pairs: EdgeIndex): tf.Tensor {
    checkEmbeddings('InnerProductDecoder', z, pairs);
    return scope(() => {
      const rows = tf.expandDims(z, 1);
      return tf.reshape(functional.sddmm(pairs.adjacency, rows, rows), [pairs.edges]);
    });
  }

  forwardAll(z: tf.Tensor): tf.Tensor {
    checkDense('InnerProductDecoder', z.shape[0]!);
    return tf.matMul(z as tf.Tensor2D, z as tf.Tensor2D, false, true);
  }
}
