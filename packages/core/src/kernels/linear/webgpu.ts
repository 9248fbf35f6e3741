import type { TensorInfo } from '@tensorflow/tfjs-core';
import { product } from '../../functional/axes/permute.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { sumOfRows } from '../../webgpu/snippets/block-sums.js';
import { runFilterGradient } from '../convolution-layer/filter-gradient.js';
import { runConvolution } from '../convolution-layer/implicit-product.js';
import { sweepOf, type Sweep } from '../convolution-layer/sweep.js';
import { Linear, LinearGradient } from './spec.js';

/** A linear layer is a convolution whose filter has one place. */
function sweepFor(x: TensorInfo, weight: TensorInfo): Sweep {
  const [inputs, outputs] = weight.shape as [number, number];
  const rows = product(x.shape.slice(0, -1));
  const geometry = { stride: [1], dilation: [1], padding: [[0, 0] as const], groups: 1 };
  return sweepOf([1, rows, inputs], [1, rows, outputs], [1], geometry);
}

export const linearOnGpu = webgpuKernel(Linear, ({ x, weight, bias }, { activation }, gpu) => {
  const y = gpu.allocate([...x.shape.slice(0, -1), weight.shape[1]!]);
  const relu = activation === 'relu';
  runConvolution(gpu, sweepFor(x, weight), false, { source: x, filter: weight, bias, y, relu });
  return y;
});

export const linearGradientOnGpu = webgpuKernel(LinearGradient, ({ x, weight, dy }, attrs, gpu) => {
  const sweep = sweepFor(x, weight);
  const dx = attrs.x ? gpu.allocate(x.shape) : null;
  if (dx !== null) runConvolution(gpu, sweep, true, { source: dy, filter: weight, bias: undefined, y: dx });
  const dweight = gpu.allocate(weight.shape);
  runFilterGradient(gpu, sweep, x, dy, dweight);
  const gradients = dx === null ? [dweight] : [dx, dweight];
  return attrs.bias ? [...gradients, sumOfRows(gpu, dy, sweep.outputs[2]!, weight.shape[1]!)] : gradients;
});
