import * as tf from '@tensorflow/tfjs-core';
import { makeBatch, makeUNet } from '../../unet.js';
import type { Workload } from '../../workload.js';

export const workload: Workload = {
  description: 'U-Net 16-32-64-128, 4 x 96 x 128: forward, evaluation mode',
  prepare() {
    const model = makeUNet().eval();
    const { image, mask } = makeBatch();
    return {
      step() {
        const logits = model.forward(image);
        logits.dataSync();
        logits.dispose();
      },
      dispose() {
        model.dispose();
        tf.dispose([image, mask]);
      },
    };
  },
};
