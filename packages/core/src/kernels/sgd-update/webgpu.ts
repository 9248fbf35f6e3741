import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { withDecay } from '../../webgpu/snippets/with-decay.js';
import { SGDUpdate } from './spec.js';

const plain = elementwiseShader({
  name: 'sgd-update',
  uniforms: { rate: 'f32', penalty: 'f32' },
  declarations: withDecay,
  body: 'new_value[i] = value[i] - uniforms.rate * with_decay(gradient[i], value[i]);',
});

const withMomentum = elementwiseShader<{ NESTEROV: boolean; FIRST: boolean }>({
  name: 'sgd-momentum-update',
  uniforms: { rate: 'f32', penalty: 'f32', momentum: 'f32', share: 'f32' },
  declarations: withDecay,
  body: ({ NESTEROV, FIRST }) => `
  let g = with_decay(gradient[i], value[i]);
  let next = ${FIRST ? 'g' : 'uniforms.momentum * velocity[i] + uniforms.share * g'};
  new_velocity[i] = next;
  new_value[i] = value[i] - uniforms.rate * ${NESTEROV ? '(g + uniforms.momentum * next)' : 'next'};`,
});

export const sgdUpdateOnGpu = webgpuKernel(SGDUpdate, ({ value, gradient, velocity }, attrs, gpu) => {
  const { rate, momentum, dampening, penalty, nesterov } = attrs;
  const size = tf.util.sizeFromShape(value.shape);
  const next = gpu.allocate(value.shape);
  if (momentum === 0) {
    const outputs = { new_value: next };
    runElementwise(gpu, plain, size, { inputs: { value, gradient }, outputs, uniforms: { rate, penalty } });
    return next;
  }
  const newVelocity = gpu.allocate(value.shape);
  runElementwise(gpu, withMomentum, size, {
    inputs: { value, gradient, velocity },
    outputs: { new_value: next, new_velocity: newVelocity },
    uniforms: { rate, penalty, momentum, share: 1 - dampening },
    constants: { NESTEROV: nesterov, FIRST: velocity == null },
  });
  return [next, newVelocity];
});
