import { Generator, losses } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [rows, classes] = size === 'full' ? [8192, 16384] : [256, 512];
  const generator = new Generator(1);
  const labels = Int32Array.from({ length: rows! }, () => generator.integer(0, classes!));
  return {
    description: `cross entropy of ${rows} labels of ${classes}`,
    inputs: [normal(rows!, classes!), tf.tensor1d(labels, 'int32')],
    run: (logits, target) => losses.crossEntropy(logits!, target!),
    differentiate: [0],
    work: { bytes: 4 * rows! * classes! },
    trainWork: { bytes: 12 * rows! * classes! },
  };
});
