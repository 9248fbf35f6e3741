import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { withDecay } from '../../webgpu/snippets/with-decay.js';
import { AdagradUpdate } from './spec.js';

const shader = elementwiseShader({
  name: 'adagrad-update',
  uniforms: { rate: 'f32', eps: 'f32', penalty: 'f32' },
  declarations: withDecay,
  body: `
  let g = with_decay(gradient[i], value[i]);
  let next = sum[i] + g * g;
  new_sum[i] = next;
  new_value[i] = value[i] - uniforms.rate * (g / (sqrt(next) + uniforms.eps));`,
});

export const adagradUpdateOnGpu = webgpuKernel(AdagradUpdate, ({ value, gradient, sum }, attrs, gpu) => {
  const [newValue, newSum] = [gpu.allocate(value.shape), gpu.allocate(value.shape)];
  runElementwise(gpu, shader, tf.util.sizeFromShape(value.shape), {
    inputs: { value, gradient, sum },
    outputs: { new_value: newValue, new_sum: newSum },
    uniforms: { ...attrs },
  });
  return [newValue, newSum];
});
