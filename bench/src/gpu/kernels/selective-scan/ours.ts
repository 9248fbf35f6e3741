import { functional } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, length, channels, states] = size === 'full' ? [4, 4096, 1024, 16] : [1, 128, 16, 8];
  return {
    description: `selective scan, ${batch} x ${length} steps, ${channels} channels, ${states} states`,
    inputs: [
      normal(batch!, length!, channels!),
      normal(batch!, length!, channels!),
      tf.neg(tf.exp(normal(channels!, states!))),
      normal(batch!, length!, states!),
      normal(batch!, length!, states!),
    ],
    run: (u, delta, A, B, C) => functional.selectiveScan(u!, delta!, A!, B!, C!, { deltaSoftplus: true }),
    differentiate: [0, 1, 2, 3, 4],
    work: { flops: 9 * batch! * length! * channels! * states! },
  };
});
