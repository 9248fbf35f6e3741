import * as tf from '@tensorflow/tfjs-core';
import { normal, operationWorkload } from '../../operation.js';

/** What the adapter multiplies at best, by TensorFlow.js's kernel. */
export const workload = operationWorkload((size) => {
  const n = size === 'full' ? 4096 : 256;
  return {
    description: `product of two ${n} x ${n} matrices`,
    inputs: [normal(n, n), normal(n, n)],
    run: (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
    differentiate: [0, 1],
    work: { flops: 2 * n ** 3 },
  };
});
