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
 * @param state undefined for one that has no value yet and starts from zero, null for one that is not kept
 * @returns the successors of what is kept
 */
function update(
  backend: NativeBackend,
  name: string,
  gradient: tf.TensorInfo,
  state: ReadonlyArray<tf.TensorInfo | undefined | null>,
  options: readonly number[],
): tf.TensorInfo[] | null {
  const present = state.filter((info) => info !== null);
  if (!areFloats(gradient, ...present)) return null;
  const from = state.map((info) => addressOf(backend, info ?? undefined));
  const source = backend.address(gradient);
  const to = present.map((info) => successor(backend, info, gradient.shape));
  // in place, JavaScript's copy of the numbers is the old one
  const places = to.map((info) => backend.dataOf(info).writable);
  const written = state.map((info) => (info === null ? 0 : places.shift()!));
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
  kernel<kernels.SGDUpdateAttrs>(kernels.SGDUpdate.kernelName, (backend, { value, gradient, velocity }, attrs) => {
    const { rate, momentum, dampening, penalty, nesterov } = attrs;
    return momentum === 0
      ? update(backend, 'sgd_update', gradient!, [value], [penalty, rate])
      : update(
          backend,
          'sgd_momentum_update',
          gradient!,
          [value, velocity],
          [penalty, rate, momentum, dampening, Number(nesterov)],
        );
  }),
  kernel<kernels.RMSpropUpdateAttrs>(kernels.RMSpropUpdate.kernelName, (backend, inputs, attrs) => {
    const { value, gradient, square, mean, velocity } = inputs;
    const { rate, alpha, eps, penalty, momentum, centered } = attrs;
    const options = [penalty, rate, alpha, eps, momentum];
    const state = [value, square, centered ? mean : null, momentum > 0 ? velocity : null];
    return update(backend, 'rmsprop_update', gradient!, state, options);
  }),
  kernel<kernels.AdagradUpdateAttrs>(kernels.AdagradUpdate.kernelName, (backend, inputs, attrs) => {
    const { value, gradient, sum } = inputs;
    return update(backend, 'adagrad_update', gradient!, [value, sum], [attrs.penalty, attrs.rate, attrs.eps]);
  }),
  kernel(kernels.GradientNorms.kernelName, (backend, inputs) => {
    const list = Object.values(inputs);
    if (!areFloats(...list)) return null;
    const norms = backend.output([list.length], 'float32');
    list.forEach((x, i) => {
      const size = tf.util.sizeFromShape(x!.shape);
      backend.call('euclidean_norm', backend.address(x!), size, backend.address(norms) + 4 * i);
    });
    return norms;
  }),
];
