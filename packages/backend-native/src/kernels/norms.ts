import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { addressOf, areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

/** [batch, positions, channels] of x [..., channels]. */
function layout(x: tf.TensorInfo, batch: number): [batch: number, positions: number, channels: number] {
  const channels = x.shape.at(-1)!;
  const size = tf.util.sizeFromShape(x.shape);
  return [batch, size === 0 ? 0 : size / (batch * channels), channels];
}

function channelNormGrad(
  backend: NativeBackend,
  inputs: Inputs,
  batch: number,
  groups: number,
  { eps, relu }: { readonly eps: number; readonly relu: boolean },
  constants: boolean,
): tf.TensorInfo[] | null {
  const { dy, x, mean, variance, weight, bias } = inputs;
  if (!areFloats(dy, x, mean, variance, weight, bias)) return null;
  const [b, p, c] = layout(x!, batch);
  const outputs = [x!.shape, [c], [c]].map((shape) => backend.output(shape, 'float32'));
  const places = [dy, x, mean, variance, weight, bias, ...outputs].map((info) => addressOf(backend, info));
  backend.call('channel_norm_grad', ...places, b, p, c, groups, eps, Number(relu), Number(constants));
  return outputs;
}

function rowsAndColumns(x: tf.TensorInfo, shape: readonly number[]): [rows: number, columns: number] {
  const columns = tf.util.sizeFromShape([...shape]);
  return [columns === 0 ? 0 : tf.util.sizeFromShape(x.shape) / columns, columns];
}

const rowNormKernels: readonly NativeKernel[] = [
  kernel<kernels.RowNormAttrs>(kernels.RowNorm.kernelName, (backend, { x, weight, bias }, attrs) => {
    if (!areFloats(x, weight, bias)) return null;
    const [r, c] = rowsAndColumns(x!, attrs.shape);
    const outputs = [x!.shape, [r], [r]].map((shape) => backend.output(shape, 'float32'));
    const places = [x, weight, bias, ...outputs].map((info) => addressOf(backend, info));
    backend.call('row_norm', ...places, r, c, attrs.eps, Number(attrs.centre));
    return outputs;
  }),
  kernel<kernels.RowNormAttrs>(kernels.RowNormGrad.kernelName, (backend, inputs, { shape, centre }) => {
    const { dy, x, mean, inverse, weight } = inputs;
    if (!areFloats(dy, x, mean, inverse, weight)) return null;
    const [r, c] = rowsAndColumns(x!, shape);
    const outputs = [x!.shape, shape, shape].map((shape) => backend.output(shape, 'float32'));
    const places = [dy, x, mean, inverse, weight, ...outputs].map((info) => addressOf(backend, info));
    backend.call('row_norm_grad', ...places, r, c, Number(centre));
    return outputs;
  }),
];

export const normKernels: readonly NativeKernel[] = [
  ...rowNormKernels,
  kernel<kernels.GroupedNormAttrs>(kernels.GroupedNorm.kernelName, (backend, inputs, { batch, groups, eps, relu }) => {
    const { x, weight, bias } = inputs;
    if (!areFloats(x, weight, bias)) return null;
    const [b, p, c] = layout(x!, batch);
    const outputs = [x!.shape, [b, groups], [b, groups]].map((shape) => backend.output(shape, 'float32'));
    const places = [x, weight, bias, ...outputs].map((info) => addressOf(backend, info));
    backend.call('channel_norm', ...places, b, p, c, groups, eps, Number(relu), 0);
    return outputs;
  }),
  kernel<kernels.GroupedNormAttrs>(kernels.GroupedNormGrad.kernelName, (backend, inputs, attrs) =>
    channelNormGrad(backend, inputs, attrs.batch, attrs.groups, attrs, false),
  ),
  kernel<kernels.FixedNormAttrs>(kernels.FixedNorm.kernelName, (backend, inputs, { eps, relu }) => {
    const { x, mean, variance, weight, bias } = inputs;
    if (!areFloats(x, mean, variance, weight, bias)) return null;
    const [b, p, c] = layout(x!, 1);
    const y = backend.output(x!.shape, 'float32');
    const places = [x, weight, bias, y, mean, variance].map((info) => addressOf(backend, info));
    backend.call('channel_norm', ...places, b, p, c, c, eps, Number(relu), 1);
    return y;
  }),
  kernel<kernels.FixedNormAttrs>(kernels.FixedNormGrad.kernelName, (backend, inputs, attrs) =>
    channelNormGrad(backend, inputs, 1, inputs['x']!.shape.at(-1)!, attrs, true),
  ),
];
