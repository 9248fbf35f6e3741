import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { withDecay } from '../../webgpu/snippets/with-decay.js';
import { AdamUpdate } from './spec.js';

type Present = { MEAN: boolean; SQUARE: boolean };

/** WGSL that declares `next_mean` and `next_square`, and writes them. */
const moments = ({ MEAN, SQUARE }: Present): string => `
  let g = with_decay(gradient[i], value[i]);
  let next_mean = ${MEAN ? 'uniforms.beta1 * mean[i] + ' : ''}uniforms.rest1 * g;
  let next_square = ${SQUARE ? 'uniforms.beta2 * square[i] + ' : ''}uniforms.rest2 * (g * g);
  new_mean[i] = next_mean;
  new_square[i] = next_square;`;

const ofMoments = { beta1: 'f32', rest1: 'f32', beta2: 'f32', rest2: 'f32', penalty: 'f32' } as const;
const ofStep = { shrinkage: 'f32', rate: 'f32', eps: 'f32' } as const;

const step = (mean: string, square: string): string =>
  `new_value[i] = uniforms.shrinkage * value[i] - uniforms.rate * (${mean} / (sqrt(${square}) + uniforms.eps));`;

const update = elementwiseShader<Present>({
  name: 'adam-update',
  uniforms: { ...ofMoments, ...ofStep },
  declarations: withDecay,
  body: (present) => `${moments(present)}
  ${step('next_mean', 'next_square')}`,
});

/** With the largest square there are more arrays than a shader may have: a first shader moves the moments, a second one the value. */
const momentsAndLargest = elementwiseShader<Present & { LARGEST: boolean }>({
  name: 'adam-amsgrad-moments',
  uniforms: ofMoments,
  declarations: withDecay,
  body: (present) => `${moments(present)}
  ${
    present.LARGEST
      ? // whichever is not a number stays
        'new_largest[i] = select(next_square, largest[i], largest[i] > next_square || is_nan(largest[i]));'
      : 'new_largest[i] = next_square;'
  }`,
});

const stepByLargest = elementwiseShader({
  name: 'adam-amsgrad-step',
  uniforms: ofStep,
  body: step('new_mean[i]', 'new_largest[i]'),
});

export const adamUpdateOnGpu = webgpuKernel(AdamUpdate, ({ value, gradient, mean, square, maxSquare }, attrs, gpu) => {
  const { beta1, beta2, eps, rate, penalty, shrinkage, amsgrad } = attrs;
  const size = tf.util.sizeFromShape(value.shape);
  const next = (): tf.TensorInfo => gpu.allocate(value.shape);
  const [newValue, newMean, newSquare] = [next(), next(), next()];
  const decays = { beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, penalty };
  const present = { MEAN: mean != null, SQUARE: square != null };
  if (!amsgrad) {
    runElementwise(gpu, update, size, {
      inputs: { value, gradient, mean, square },
      outputs: { new_value: newValue, new_mean: newMean, new_square: newSquare },
      uniforms: { ...decays, shrinkage, rate, eps },
      constants: present,
    });
    return [newValue, newMean, newSquare];
  }
  const newLargest = next();
  runElementwise(gpu, momentsAndLargest, size, {
    inputs: { value, gradient, mean, square, largest: maxSquare },
    outputs: { new_mean: newMean, new_square: newSquare, new_largest: newLargest },
    uniforms: decays,
    constants: { ...present, LARGEST: maxSquare != null },
  });
  runElementwise(gpu, stepByLargest, size, {
    inputs: { value, new_mean: newMean, new_largest: newLargest },
    outputs: { new_value: newValue },
    uniforms: { shrinkage, rate, eps },
  });
  return [newValue, newMean, newSquare, newLargest];
});
