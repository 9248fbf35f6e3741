import { kernels } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';
import { product } from './matmul.js';

/** Sums over the rows of x [rows, columns]. */
function columnSums(backend: NativeBackend, x: tf.TensorInfo): tf.TensorInfo {
  const [rows, columns] = x.shape as [number, number];
  const sums = backend.output([columns], 'float32');
  backend.call('column_sums_of', backend.address(x), backend.address(sums), rows, columns);
  return sums;
}

export const linearKernels: readonly NativeKernel[] = [
  kernel(kernels.Linear.kernelName, (backend, { x, weight, bias }) => {
    if (!areFloats(x, weight, bias)) return null;
    const plain = { transposeA: false, transposeB: false };
    return product(backend, x!, weight!, plain, [bias === undefined ? 0 : backend.address(bias), 0, 0, 0]);
  }),
  kernel<{ readonly bias: boolean }>(kernels.LinearGradient.kernelName, (backend, { dy, x, weight }, { bias }) => {
    if (!areFloats(dy, x, weight)) return null;
    const gradients = [
      product(backend, dy!, weight!, { transposeA: false, transposeB: true })!,
      product(backend, x!, dy!, { transposeA: true, transposeB: false })!,
    ];
    return bias ? [...gradients, columnSums(backend, dy!)] : gradients;
  }),
];
