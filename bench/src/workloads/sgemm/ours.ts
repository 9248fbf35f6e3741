import * as tf from '@tensorflow/tfjs-core';
import { kernelCase } from '../../kernels.js';
import type { Workload } from '../../workload.js';

/** [batch, rows, columns, inner] */
const sizes = [
  [1, 512, 512, 512],
  [1, 1024, 1024, 1024],
  [1, 2048, 2048, 2048],
  [256, 32, 32, 32],
  [64, 128, 128, 64],
] as const;

export const workload: Workload = {
  description: 'matrix products [batch x] rows x columns x inner',
  cases: Object.fromEntries(
    sizes.map(([batch, m, n, k]) => [
      `${batch === 1 ? '' : `${batch} x `}${m}x${n}x${k}`,
      kernelCase(tf.BatchMatMul, { a: [batch, m, k], b: [batch, k, n] }, { transposeA: false, transposeB: false }),
    ]),
  ),
};
