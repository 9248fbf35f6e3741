import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';
import { alongLast } from './softmax.js';

/** The C++ kernel for each function. */
const slopes: Readonly<Record<kernels.FromInput | kernels.FromOutput, string>> = {
  Abs: 'abs_grad',
  ClipByValue: 'clip_grad',
  Erf: 'erf_grad',
  Expm1: 'expm1_grad',
  LeakyRelu: 'leaky_relu_grad',
  Log1p: 'log1p_grad',
  Reciprocal: 'reciprocal_grad',
  Relu: 'relu_grad',
  Relu6: 'relu6_grad',
  Rsqrt: 'rsqrt_grad',
  Selu: 'selu_grad',
  Sigmoid: 'sigmoid_grad',
  Softplus: 'softplus_grad',
  Sqrt: 'sqrt_grad',
  Square: 'square_grad',
  Tanh: 'tanh_grad',
};

const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);

/** Gradients of elementwise functions, softmax and extremes. */
export const gradientKernels: readonly NativeKernel[] = [
  kernel<kernels.ElementwiseGradAttrs>(
    kernels.ElementwiseGrad.kernelName,
    (backend, { dy, value }, { of, options = [] }) => {
      const size = sizeOf(value!.shape);
      if (!areFloats(dy, value) || sizeOf(dy!.shape) !== size) return null;
      const out = backend.output(value!.shape, 'float32');
      const [to, from, at] = [backend.address(out), backend.address(dy!), backend.address(value!)];
      backend.call(slopes[of], to, from, at, size, ...options);
      return out;
    },
  ),
  kernel(kernels.SoftmaxGrad.kernelName, (backend, { dy, y }) => alongLast(backend, 'softmax_grad_f32', -1, dy!, y!)),
  kernel(kernels.LogSoftmaxGrad.kernelName, (backend, { dy, y }) =>
    alongLast(backend, 'log_softmax_grad_f32', -1, dy!, y!),
  ),
  kernel<{ axes: readonly [number, number] }>(
    kernels.ExtremeGrad.kernelName,
    (backend, { x, y, dy }, { axes: [first, end] }) => {
      const { shape } = x!;
      const [outer, length, inner] = [shape.slice(0, first), shape.slice(first, end), shape.slice(end)].map(sizeOf) as [
        number,
        number,
        number,
      ];
      if (!areFloats(x, y, dy) || sizeOf(y!.shape) !== outer * inner || sizeOf(dy!.shape) !== outer * inner)
        return null;
      const out = backend.output(shape, 'float32');
      const addresses = [out, x!, y!, dy!].map((info) => backend.address(info));
      if (outer * length * inner > 0) backend.call('extreme_grad', ...addresses, outer, length, inner);
      return out;
    },
  ),
];
