import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { ElementwiseGrad, type FromInput, type FromOutput } from './spec.js';

/** WGSL of the gradient `g` times the slope, from the function's input or output `v`; p0, p1 are its options. */
const gradients: Readonly<Record<FromInput | FromOutput, string>> = {
  Abs: 'g * sign(v)',
  ClipByValue: 'select(0.0, g, v >= uniforms.p0 && v <= uniforms.p1)',
  Erf: 'g * (1.1283791670955126 * precise_exp(-min(v * v, 200.0)))',
  Expm1: 'g * (v + 1.0)',
  LeakyRelu: 'select(g * uniforms.p0, g, v > 0.0)',
  Log1p: 'g / (v + 1.0)',
  Reciprocal: '-(g * (v * v))',
  Relu: 'select(g, 0.0, v <= 0.0)',
  Relu6: 'select(g, 0.0, v <= 0.0 || v >= 6.0)',
  Rsqrt: 'g * (-0.5 * (v * (v * v)))',
  Selu: 'g * select(v + 1.7580993408473766, 1.0507009873554805, v > 0.0)',
  Sigmoid: 'g * (v * (1.0 - v))',
  Softplus: 'g * precise_sigmoid(v)',
  Sqrt: 'select(g / (2.0 * v), g * infinity(), v == 0.0)',
  Square: 'g * (2.0 * v)',
  Tanh: 'g * (1.0 - v * v)',
};

/** Functions with options, and how many. */
const optionsOf: Partial<Record<FromInput | FromOutput, number>> = { ClipByValue: 2, LeakyRelu: 1 };

const shaders: ReadonlyMap<string, Shader> = new Map(
  (Object.keys(gradients) as Array<FromInput | FromOutput>).map((of) => [
    of,
    elementwiseShader({
      name: `elementwise-grad-${of.toLowerCase()}`,
      uniforms: Object.fromEntries(Array.from({ length: optionsOf[of] ?? 0 }, (_, i) => [`p${i}`, 'f32' as const])),
      body: `
  let g = dy[i];
  let v = value[i];
  dx[i] = ${gradients[of]};`,
    }),
  ]),
);

export const elementwiseGradOnGpu = webgpuKernel(ElementwiseGrad, ({ dy, value }, { of, options = [] }, gpu) => {
  const size = tf.util.sizeFromShape(value.shape);
  if (dy.dtype !== 'float32' || value.dtype !== 'float32' || tf.util.sizeFromShape(dy.shape) !== size) return null;
  const dx = gpu.allocate(value.shape);
  runElementwise(gpu, shaders.get(of)!, size, {
    inputs: { dy, value },
    outputs: { dx },
    uniforms: Object.fromEntries(options.map((option, i) => [`p${i}`, option])),
  });
  return dx;
});
