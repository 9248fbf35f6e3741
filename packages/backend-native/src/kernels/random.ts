import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

export const randomKernels: readonly NativeKernel[] = [
  kernel<kernels.RandomUniformAttrs>(kernels.RandomUniform.kernelName, (backend, _, { shape, state, low, high }) => {
    const y = backend.output(shape, 'float32');
    const size = tf.util.sizeFromShape([...shape]);
    backend.call('random_uniform', backend.address(y), size, ...state, low, high);
    return y;
  }),
  kernel<kernels.RandomBernoulliAttrs>(
    kernels.RandomBernoulli.kernelName,
    (backend, _, { shape, state, probability, dtype }) => {
      const y = backend.output(shape, dtype);
      const size = tf.util.sizeFromShape([...shape]);
      const options = [probability, Number(dtype === 'float32')];
      backend.call('random_bernoulli', backend.address(y), size, ...state, ...options);
      return y;
    },
  ),
  kernel<kernels.MaskedScaleAttrs>(kernels.MaskedScale.kernelName, (backend, { x, mask }, { scale }) => {
    if (!areFloats(x) || mask!.dtype !== 'bool' || !tf.util.arraysEqual(x!.shape, mask!.shape)) return null;
    const y = backend.output(x!.shape, 'float32');
    const addresses = [backend.address(x!), backend.address(mask!), backend.address(y)];
    backend.call('masked_scale', ...addresses, tf.util.sizeFromShape(x!.shape), scale);
    return y;
  }),
];
