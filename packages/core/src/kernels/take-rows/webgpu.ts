import * as tf from '@tensorflow/tfjs-core';
import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { TakeRows } from './spec.js';

const shader: Shader = {
  name: 'take-rows',
  workgroup: 64,
  uniforms: { rows: 'u32', width: 'u32', count: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.count) { return; }
  let row = u32(ids[at / uniforms.width]);
  if (row < uniforms.rows) { y[at] = x[row * uniforms.width + at % uniforms.width]; } else { y[at] = 0; }
}`,
};

export const takeRowsOnGpu = webgpuKernel(TakeRows, ({ x, ids }, _, gpu) => {
  if (x.dtype !== 'float32' && x.dtype !== 'int32') return null;
  const [rows, ...rest] = x.shape as [number, ...number[]];
  const shape = [...ids.shape, ...rest];
  const y = gpu.allocate(shape, x.dtype);
  const [width, count] = [tf.util.sizeFromShape(rest), tf.util.sizeFromShape(shape)];
  gpu.run(shader, {
    inputs: { x, ids },
    outputs: { y },
    uniforms: { rows, width, count },
    groups: [Math.ceil(count / 64)],
  });
  return y;
});
