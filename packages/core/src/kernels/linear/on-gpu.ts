import type { TensorInfo } from '@tensorflow/tfjs-core';
import { product } from '../../functional/axes/permute.js';
import type { Gpu } from '../../webgpu/kernel.js';
import { runFilterGradient } from '../convolution-layer/filter-gradient.js';
import { sweepOf, type Sweep } from '../convolution-layer/sweep.js';

/** A linear layer is a convolution whose filter has one place. */
export function sweepFor(x: TensorInfo, weight: TensorInfo): Sweep {
  const [inputs, outputs] = weight.shape as [number, number];
  const rows = product(x.shape.slice(0, -1));
  const geometry = { stride: [1], dilation: [1], padding: [[0, 0] as const], groups: 1 };
  return sweepOf([1, rows, inputs], [1, rows, outputs], [1], geometry);
}

/** The gradient of `weight` [in, out], which multiplied `x` [..., in] and got back `dy` [..., out]. */
export function weightGradientOnGpu(gpu: Gpu, x: TensorInfo, dy: TensorInfo, weight: TensorInfo): TensorInfo {
  const dweight = gpu.allocate(weight.shape);
  runFilterGradient(gpu, sweepFor(x, weight), x, dy, dweight);
  return dweight;
}
