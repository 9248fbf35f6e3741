import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { AverageUpdate } from './spec.js';

const shader = elementwiseShader({
  name: 'average-update',
  uniforms: { scale: 'f32', weight: 'f32' },
  body: 'moved[i] = average[i] + (observed[i] * uniforms.scale - average[i]) * uniforms.weight;',
});

export const averageUpdateOnGpu = webgpuKernel(AverageUpdate, ({ average, target }, { scale, weight }, gpu) => {
  if (average.dtype !== 'float32' || target.dtype !== 'float32') return null;
  const moved = gpu.allocate(average.shape);
  runElementwise(gpu, shader, tf.util.sizeFromShape(average.shape), {
    inputs: { average, observed: target },
    outputs: { moved },
    uniforms: { scale, weight },
  });
  return moved;
});
