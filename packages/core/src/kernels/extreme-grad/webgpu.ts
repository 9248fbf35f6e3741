import * as tf from '@tensorflow/tfjs-core';
import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { groupSum } from '../../webgpu/snippets/group-sum.js';
import { ExtremeGrad } from './spec.js';

const threads = 64;

/** A workgroup for each extreme, which counts the elements that attain it and then shares its gradient among them. */
const shader: Shader = {
  name: 'extreme-grad',
  workgroup: threads,
  uniforms: { length: 'u32', inner: 'u32' },
  code: `${groupSum(threads)}
fn compute(group: vec3u, local: u32) {
  let line = group.x;
  let start = line / uniforms.inner * uniforms.length * uniforms.inner + line % uniforms.inner;
  let wanted = y[line];
  var attaining = 0.0;
  for (var i = local; i < uniforms.length; i += ${threads}u) {
    attaining += select(0.0, 1.0, x[start + i * uniforms.inner] == wanted);
  }
  let share = dy[line] / sum_of_group(attaining, local);
  for (var i = local; i < uniforms.length; i += ${threads}u) {
    let at = start + i * uniforms.inner;
    dx[at] = select(0.0, share, x[at] == wanted);
  }
}`,
};

export const extremeGradOnGpu = webgpuKernel(ExtremeGrad, ({ x, y, dy }, { axes: [first, end] }, gpu) => {
  const [length, inner] = [x.shape.slice(first, end), x.shape.slice(end)].map((sizes) =>
    tf.util.sizeFromShape(sizes),
  ) as [number, number];
  const dx = gpu.allocate(x.shape);
  const lines = tf.util.sizeFromShape(y.shape);
  gpu.run(shader, {
    inputs: { x, y, dy },
    outputs: { dx },
    uniforms: { length, inner },
    groups: [length === 0 ? 0 : lines],
  });
  return dx;
});
