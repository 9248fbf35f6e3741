import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

/** The numbers that activation.cpp knows the functions by. */
const numberOf: Readonly<Record<kernels.ActivationKind, number>> = {
  gated: 0,
  gelu: 1,
  geluTanh: 2,
  mish: 3,
  hardswish: 4,
  softplus: 5,
  leaky: 6,
  exponential: 7,
  squaredRelu: 8,
};

export const activationKernels: readonly NativeKernel[] = [
  kernel<kernels.ActivationAttrs>(kernels.Activation.kernelName, (backend, { x }, { kind, parameters }) => {
    if (!areFloats(x)) return null;
    const y = backend.output(x!.shape, 'float32');
    const size = tf.util.sizeFromShape(x!.shape);
    backend.call('activation', backend.address(y), backend.address(x!), size, numberOf[kind], ...parameters);
    return y;
  }),
  kernel<kernels.ActivationAttrs>(kernels.ActivationGrad.kernelName, (backend, { x, dy }, { kind, parameters }) => {
    if (!areFloats(x, dy)) return null;
    const dx = backend.output(x!.shape, 'float32');
    const places = [dx, dy!, x!].map((info) => backend.address(info));
    backend.call('activation_grad', ...places, tf.util.sizeFromShape(x!.shape), numberOf[kind], ...parameters);
    return dx;
  }),
];
