import * as tf from '@tensorflow/tfjs-core';
import { reduceTo } from './broadcast.js';
import { gradient } from './define.js';

/** Matrix products. Batch dimensions may broadcast. */
export const matmulGradients: readonly tf.GradConfig[] = [
  gradient<tf.BatchMatMulAttrs>(tf.BatchMatMul, { values: ['a', 'b'] }, (dy, saved, { transposeA, transposeB }) => {
    const [a, b] = [saved[0]!, saved[1]!];
    return {
      a: () =>
        reduceTo(transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB), a.shape),
      b: () =>
        reduceTo(transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false), b.shape),
    };
  }),
];
