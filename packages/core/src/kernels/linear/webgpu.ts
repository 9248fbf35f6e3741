import { webgpuKernel } from '../../webgpu/kernel.js';
import { sumOfRows } from '../../webgpu/snippets/block-sums.js';
import { runConvolution } from '../convolution-layer/implicit-product.js';
import { sweepFor, weightGradientOnGpu } from './on-gpu.js';
import { Linear, LinearGradient } from './spec.js';

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
  const dweight = weightGradientOnGpu(gpu, x, dy, weight);
  const gradients = dx === null ? [dweight] : [dx, dweight];
  return attrs.bias ? [...gradients, sumOfRows(gpu, dy, sweep.outputs[2]!, weight.shape[1]!)] : gradients;
});
