import * as tf from '@tensorflow/tfjs-core';
import { reduceTo } from './broadcast.js';
import { gradient, runKernel } from './define.js';

/** Normalisation kernels of TFJS. */
export const normalisationGradients: readonly tf.GradConfig[] = [
  gradient<tf.FusedBatchNormAttrs>(
    tf.FusedBatchNorm,
    { values: ['x', 'mean', 'variance', 'scale'] },
    (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
      const inverse = (): tf.Tensor => tf.rsqrt(tf.add(variance!, varianceEpsilon));
      const gain = (): tf.Tensor => (scale === undefined ? inverse() : tf.mul(inverse(), scale));
      return {
        x: () => tf.mul(dy, gain()),
        mean: () => tf.neg(tf.mul(reduceTo(dy, mean!.shape), gain())),
        variance: () => {
          const slope = tf.mul(-0.5, tf.mul(gain(), tf.square(inverse())));
          return tf.mul(reduceTo(tf.mul(dy, tf.sub(x!, mean!)), variance!.shape), slope);
        },
        scale: () => tf.mul(reduceTo(tf.mul(dy, tf.sub(x!, mean!)), mean!.shape), inverse()),
        offset: () => reduceTo(dy, mean!.shape),
      };
    },
  ),
  gradient<tf.LRNAttrs>(tf.LRN, { values: ['x'], output: true }, (dy, [x, y], attrs) => ({
    x: () => runKernel(tf.LRNGrad, { x: x!, y: y!, dy }, { ...attrs }),
  })),
];
