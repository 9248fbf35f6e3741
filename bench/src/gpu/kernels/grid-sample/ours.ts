import { functional } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, side, channels] = size === 'full' ? [16, 256, 32] : [1, 16, 8];
  return {
    description: `bilinear sampling of ${batch} x ${side} x ${side} x ${channels} at as many places`,
    inputs: [normal(batch!, side!, side!, channels!), tf.randomUniform([batch!, side!, side!, 2], -1, 1)],
    run: (x, grid) => functional.gridSample(x!, grid!),
    differentiate: [0, 1],
    work: { bytes: 8 * batch! * side! ** 2 * channels! },
    trainWork: { bytes: 24 * batch! * side! ** 2 * channels! },
  };
});
