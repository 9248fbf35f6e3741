import * as tf from '@tensorflow/tfjs-core';
import { functional, normalTensor } from '@hourglass/core';
import type { Workload } from '../../workload.js';

export const workload: Workload = {
  description: 'conv2d 3x3, 8 x 64 x 64 x 32 to 32: forward, input and filter gradient',
  prepare() {
    const x = normalTensor([8, 64, 64, 32]);
    const weight = normalTensor([3, 3, 32, 32]);
    const backward = tf.grads((x: tf.Tensor, weight: tf.Tensor) =>
      tf.sum(functional.conv2d(x, weight, null, { padding: 1 })),
    );
    return {
      step: () =>
        tf.tidy(() => {
          for (const gradient of backward([x, weight])) gradient.dataSync();
        }),
      dispose: () => tf.dispose([x, weight]),
    };
  },
};
