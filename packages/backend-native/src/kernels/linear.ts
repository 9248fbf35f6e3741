import { kernels } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { activations } from '../finish.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';
import { product } from './matmul.js';

/** The same numbers as rows; only for the kernel at hand, since it does not count as a reference. */
function rowsOf(x: tf.TensorInfo): tf.TensorInfo {
  const columns = x.shape.at(-1)!;
  const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { ...x, shape: [rows, columns] };
}

/** Sums over the rows of x [rows, columns]. */
function columnSums(backend: NativeBackend, x: tf.TensorInfo): tf.TensorInfo {
  const [rows, columns] = x.shape as [number, number];
  const sums = backend.output([columns], 'float32');
  backend.call('column_sums_of', backend.address(x), backend.address(sums), rows, columns);
  return sums;
}

interface LinearGradientAttrs {
  readonly x: boolean;
  readonly bias: boolean;
}

export const linearKernels: readonly NativeKernel[] = [
  kernel<{ readonly activation: 'relu' | null }>(kernels.Linear.kernelName, (backend, { x, weight, bias }, attrs) => {
    if (!areFloats(x, weight, bias)) return null;
    const plain = { transposeA: false, transposeB: false };
    const code = activations[attrs.activation ?? 'linear']!;
    const finish = [bias === undefined ? 0 : backend.address(bias), code, 0, 0] as const;
    const y = product(backend, rowsOf(x!), weight!, plain, finish)!;
    return { ...y, shape: [...x!.shape.slice(0, -1), weight!.shape[1]!] };
  }),
  kernel<LinearGradientAttrs>(kernels.LinearGradient.kernelName, (backend, { dy, x, weight }, attrs) => {
    if (!areFloats(dy, x, weight)) return null;
    const [upstream, inputs] = [rowsOf(dy!), rowsOf(x!)];
    const ofX = (): tf.TensorInfo => ({
      ...product(backend, upstream, weight!, { transposeA: false, transposeB: true })!,
      shape: x!.shape,
    });
    return [
      ...(attrs.x ? [ofX()] : []),
      product(backend, inputs, upstream, { transposeA: true, transposeB: false })!,
      ...(attrs.bias ? [columnSums(backend, upstream)] : []),
    ];
  }),
];
