import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Workload } from '../../../workload.js';
import { normal } from '../../operation.js';
import { chosenSize } from '../../size.js';

const count = chosenSize() === 'full' ? 2 ** 25 : 2 ** 16;
const attrs = { beta1: 0.9, beta2: 0.999, eps: 1e-8, rate: 1e-3, penalty: 0, shrinkage: 0.99, amsgrad: false };

export const workload: Workload = {
  description: `AdamW's step of ${count} parameters`,
  cases: {
    forward: {
      prepare() {
        const gradient = normal(count);
        let state = [normal(count), tf.zeros([count]), tf.zeros([count])] as [tf.Tensor, tf.Tensor, tf.Tensor];
        return {
          step() {
            const [value, mean, square] = state;
            state = kernels.AdamUpdate.run(
              { value, gradient, mean, square, maxSquare: undefined },
              attrs,
            ) as typeof state;
            tf.dispose([value, mean, square]);
          },
          work: { bytes: 28 * count },
          dispose: () => tf.dispose([gradient, ...state]),
        };
      },
    },
  },
};
