import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { withDecay } from '../../webgpu/snippets/with-decay.js';
import { RMSpropUpdate } from './spec.js';

type Present = { SQUARE: boolean; MEAN: boolean; CENTERED: boolean };

/** WGSL that moves the running means, and declares the `own` direction of this step. */
const moments = ({ SQUARE, MEAN, CENTERED }: Present): string => `
  let g = with_decay(gradient[i], value[i]);
  let next_square = ${SQUARE ? 'uniforms.alpha * square[i] + ' : ''}uniforms.rest * (g * g);
  new_square[i] = next_square;
  var spread = next_square;
  ${
    CENTERED
      ? `let next_mean = ${MEAN ? 'uniforms.alpha * mean[i] + ' : ''}uniforms.rest * g;
  new_mean[i] = next_mean;
  spread -= next_mean * next_mean;`
      : ''
  }
  let own = g / (sqrt(spread) + uniforms.eps);`;

const ofMoments = { penalty: 'f32', alpha: 'f32', rest: 'f32', eps: 'f32' } as const;

const update = elementwiseShader<Present>({
  name: 'rmsprop-update',
  uniforms: { ...ofMoments, rate: 'f32' },
  declarations: withDecay,
  body: (present) => `${moments(present)}
  new_value[i] = value[i] - uniforms.rate * own;`,
});

/** With a momentum there may be more arrays than a shader may have: a first shader gives the direction, a second one moves. */
const directions = elementwiseShader<Present>({
  name: 'rmsprop-directions',
  uniforms: ofMoments,
  declarations: withDecay,
  body: (present) => `${moments(present)}
  direction[i] = own;`,
});

const withMomentum = elementwiseShader<{ VELOCITY: boolean }>({
  name: 'rmsprop-momentum',
  uniforms: { momentum: 'f32', rate: 'f32' },
  body: ({ VELOCITY }) => `
  let next = ${VELOCITY ? 'uniforms.momentum * velocity[i] + ' : ''}direction[i];
  new_velocity[i] = next;
  new_value[i] = value[i] - uniforms.rate * next;`,
});

export const rmspropUpdateOnGpu = webgpuKernel(RMSpropUpdate, (inputs, attrs, gpu) => {
  const { value, gradient, square, mean, velocity } = inputs;
  const { rate, alpha, eps, penalty, momentum, centered } = attrs;
  const size = tf.util.sizeFromShape(value.shape);
  const next = (): tf.TensorInfo => gpu.allocate(value.shape);
  const [newValue, newSquare, newMean] = [next(), next(), centered ? next() : null];
  const call = {
    inputs: { value, gradient, square, mean: centered ? mean : null },
    uniforms: { penalty, alpha, rest: 1 - alpha, eps },
    constants: { SQUARE: square != null, MEAN: mean != null, CENTERED: centered },
  };
  const states = { new_square: newSquare, new_mean: newMean };
  const kept = newMean === null ? [newSquare] : [newSquare, newMean];
  if (momentum === 0) {
    const uniforms = { ...call.uniforms, rate };
    runElementwise(gpu, update, size, { ...call, uniforms, outputs: { ...states, new_value: newValue } });
    return [newValue, ...kept];
  }
  const direction = gpu.scratch(value.shape);
  runElementwise(gpu, directions, size, { ...call, outputs: { ...states, direction } });
  const newVelocity = next();
  runElementwise(gpu, withMomentum, size, {
    inputs: { value, direction, velocity },
    outputs: { new_value: newValue, new_velocity: newVelocity },
    uniforms: { momentum, rate },
    constants: { VELOCITY: velocity != null },
  });
  return [newValue, ...kept, newVelocity];
});
