import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { AccumulateUpdate } from './spec.js';

const shader = elementwiseShader({ name: 'accumulate-update', body: 'total[i] = sum[i] + addend[i];' });

export const accumulateUpdateOnGpu = webgpuKernel(AccumulateUpdate, ({ sum, addend }, _, gpu) => {
  if (sum.dtype !== 'float32' || addend.dtype !== 'float32') return null;
  const total = gpu.allocate(sum.shape);
  runElementwise(gpu, shader, tf.util.sizeFromShape(sum.shape), { inputs: { sum, addend }, outputs: { total } });
  return total;
});
