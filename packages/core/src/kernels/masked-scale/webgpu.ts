import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { MaskedScale } from './spec.js';

const shader = elementwiseShader({
  name: 'masked-scale',
  uniforms: { scale: 'f32' },
  body: 'y[i] = x[i] * select(0.0, uniforms.scale, mask[i] != 0);',
});

export const maskedScaleOnGpu = webgpuKernel(MaskedScale, ({ x, mask }, { scale }, gpu) => {
  if (x.dtype !== 'float32' || mask.dtype !== 'bool') return null;
  const y = gpu.allocate(x.shape);
  const call = { inputs: { x, mask }, outputs: { y }, uniforms: { scale } };
  runElementwise(gpu, shader, tf.util.sizeFromShape(x.shape), call);
  return y;
});
