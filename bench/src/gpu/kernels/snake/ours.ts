import { functional } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, length, channels] = size === 'full' ? [16, 16384, 128] : [1, 512, 32];
  return {
    description: `Snake of ${batch} x ${length} x ${channels}`,
    inputs: [normal(batch!, length!, channels!), tf.ones([channels!])],
    run: (x, alpha) => functional.snake(x!, alpha!),
    differentiate: [0, 1],
    work: { bytes: 8 * batch! * length! * channels! },
    trainWork: { bytes: 20 * batch! * length! * channels! },
  };
});
