import { kernels } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { addressOf, areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

type Shape3 = [batch: number, positions: number, channels: number];

function channelNormGrad(
  backend: NativeBackend,
  inputs: Inputs,
  groups: number,
  { eps, relu }: { readonly eps: number; readonly relu: boolean },
  constants: boolean,
): tf.TensorInfo[] | null {
  const { dy, x, mean, variance, weight, bias } = inputs;
  if (!areFloats(dy, x, mean, variance, weight, bias)) return null;
  const [b, p, c] = x!.shape as Shape3;
  const outputs = [x!.shape, [c], [c]].map((shape) => backend.output(shape, 'float32'));
  const places = [dy, x, mean, variance, weight, bias, ...outputs].map((info) => addressOf(backend, info));
  backend.call('channel_norm_grad', ...places, b, p, c, groups, eps, Number(relu), Number(constants));
  return outputs;
}

const rowNormKernels: readonly NativeKernel[] = [
  kernel<kernels.RowNormAttrs>(kernels.RowNorm.kernelName, (backend, { x, weight, bias }, { eps, centre }) => {
    if (!areFloats(x, weight, bias)) return null;
    const [r, c] = x!.shape as [number, number];
    const outputs = [x!.shape, [r], [r]].map((shape) => backend.output(shape, 'float32'));
    const places = [x, weight, bias, ...outputs].map((info) => addressOf(backend, info));
    backend.call('row_norm', ...places, r, c, eps, Number(centre));
    return outputs;
  }),
  kernel<kernels.RowNormAttrs>(kernels.RowNormGrad.kernelName, (backend, inputs, { centre }) => {
    const { dy, x, mean, inverse, weight } = inputs;
    if (!areFloats(dy, x, mean, inverse, weight)) return null;
    const [r, c] = x!.shape as [number, number];
    const outputs = [x!.shape, [c], [c]].map((shape) => backend.output(shape, 'float32'));
    const places = [dy, x, mean, inverse, weight, ...outputs].map((info) => addressOf(backend, info));
    backend.call('row_norm_grad', ...places, r, c, Number(centre));
    return outputs;
  }),
];

export const normKernels: readonly NativeKernel[] = [
  ...rowNormKernels,
  kernel<kernels.GroupedNormAttrs>(kernels.GroupedNorm.kernelName, (backend, inputs, { groups, eps, relu }) => {
    const { x, weight, bias } = inputs;
    if (!areFloats(x, weight, bias)) return null;
    const [b, p, c] = x!.shape as Shape3;
    const outputs = [x!.shape, [b, groups], [b, groups]].map((shape) => backend.output(shape, 'float32'));
    const places = [x, weight, bias, ...outputs].map((info) => addressOf(backend, info));
    backend.call('channel_norm', ...places, b, p, c, groups, eps, Number(relu), 0);
    return outputs;
  }),
  kernel<kernels.GroupedNormAttrs>(kernels.GroupedNormGrad.kernelName, (backend, inputs, attrs) =>
    channelNormGrad(backend, inputs, attrs.groups, attrs, false),
  ),
  kernel<kernels.FixedNormAttrs>(kernels.FixedNorm.kernelName, (backend, inputs, { eps, relu }) => {
    const { x, mean, variance, weight, bias } = inputs;
    if (!areFloats(x, mean, variance, weight, bias)) return null;
    const [b, p, c] = x!.shape as Shape3;
    const y = backend.output(x!.shape, 'float32');
    const places = [x, weight, bias, y, mean, variance].map((info) => addressOf(backend, info));
    backend.call('channel_norm', ...places, b, p, c, c, eps, Number(relu), 1);
    return y;
  }),
  kernel<kernels.FixedNormAttrs>(kernels.FixedNormGrad.kernelName, (backend, inputs, attrs) =>
    channelNormGrad(backend, inputs, inputs['x']!.shape[2]!, attrs, true),
  ),
];
