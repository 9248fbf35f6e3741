import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { addressOf, areFloats, kernel, type NativeKernel } from '../kernel.js';

/** A tensor for an update's result: in the memory of `last` when no other tensor shares that. */
function successor(backend: NativeBackend, last: tf.TensorInfo | undefined, shape: readonly number[]): tf.TensorInfo {
  return last !== undefined && backend.dataOf(last).refCount === 1
    ? backend.share(last, shape)
    : backend.output(shape, 'float32');
}

/**
 * Runs a kernel of updates: its arguments are the addresses of `state` (0 for what is left out), of the gradient, and of
 * the successors of `state`, then the number of values, then `options`.
 *
 * @returns the successors; of a state without a value they start from zero.
 */
function update(
  backend: NativeBackend,
  name: string,
  gradient: tf.TensorInfo,
  state: ReadonlyArray<tf.TensorInfo | undefined>,
  options: readonly number[],
): tf.TensorInfo[] | null {
  if (!areFloats(gradient, ...state)) return null;
  const from = state.map((info) => addressOf(backend, info));
  const source = backend.address(gradient);
  const to = state.map((info) => successor(backend, info, gradient.shape));
  // in place, JavaScript's copy of the numbers is the old one
  const written = to.map((info) => backend.dataOf(info).writable);
  backend.call(name, source, ...from, ...written, tf.util.sizeFromShape(gradient.shape), ...options);
  return to;
}

export const optimizerKernels: readonly NativeKernel[] = [
  kernel(kernels.AccumulateUpdate.kernelName, (backend, { sum, addend }) =>
    update(backend, 'accumulate_update', addend!, [sum], []),
  ),
  kernel<kernels.AverageUpdateAttrs>(kernels.AverageUpdate.kernelName, (backend, { average, target }, attrs) =>
    update(backend, 'average_update', target!, [average], [attrs.scale, attrs.weight]),
  ),
  kernel<kernels.AdamUpdateAttrs>(kernels.AdamUpdate.kernelName, (backend, inputs, attrs) => {
    const { value, gradient, mean, square, maxSquare } = inputs;
    const { beta1, beta2, eps, rate, penalty, shrinkage, amsgrad } = attrs;
    const state = [value, mean, square, ...(amsgrad ? [maxSquare] : [])];
    const options = [beta1, beta2, penalty, shrinkage, rate, eps];
    return update(backend, amsgrad ? 'adam_amsgrad_update' : 'adam_update', gradient!, state, options);
  }),
];
