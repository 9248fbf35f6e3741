import * as tf from '@tensorflow/tfjs-core';
import { AdamW, losses, valueAndGradients } from '@hourglass/core';
import { makeBatch, makeUNet } from '../../unet.js';
import type { Workload } from '../../workload.js';

export const workload: Workload = {
  description: 'U-Net 16-32-64-128, 4 x 96 x 128: forward, backward and AdamW',
  prepare() {
    const model = makeUNet();
    const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
    const { image, mask } = makeBatch();
    return {
      step() {
        const loss = (): tf.Tensor => losses.crossEntropy(model.forward(image), mask);
        const { value, gradients } = valueAndGradients(loss, model.parameters());
        optimizer.step(gradients);
        value.dataSync();
        tf.dispose([value, ...gradients.values()]);
      },
      dispose() {
        optimizer.dispose();
        model.dispose();
        tf.dispose([image, mask]);
      },
    };
  },
};
