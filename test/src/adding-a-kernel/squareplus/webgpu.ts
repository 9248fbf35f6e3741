import { webgpuKernel, type Shader } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { Squareplus, SquareplusGrad } from './spec.js';

const threads = 64;

/** An invocation for each element. */
const elementwise = (name: string, output: string, expression: string): Shader => ({
  name,
  workgroup: threads,
  uniforms: { size: 'u32', b: 'f32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.size) { return; }
  let root = sqrt(x[i] * x[i] + uniforms.b);
  ${output}[i] = ${expression};
}`,
});

const forward = elementwise('squareplus', 'y', '0.5 * (x[i] + root)');
const backward = elementwise('squareplus-grad', 'dx', 'dy[i] * 0.5 * (1.0 + x[i] / root)');

export const squareplusOnGpu = webgpuKernel(Squareplus, ({ x }, { b }, gpu) => {
  const size = tf.util.sizeFromShape(x.shape);
  const y = gpu.allocate(x.shape);
  gpu.run(forward, { inputs: { x }, outputs: { y }, uniforms: { size, b }, groups: [Math.ceil(size / threads)] });
  return y;
});

export const squareplusGradOnGpu = webgpuKernel(SquareplusGrad, ({ x, dy }, { b }, gpu) => {
  const size = tf.util.sizeFromShape(x.shape);
  const dx = gpu.allocate(x.shape);
  gpu.run(backward, { inputs: { x, dy }, outputs: { dx }, uniforms: { size, b }, groups: [Math.ceil(size / threads)] });
  return dx;
});
