import { groupByIndex } from '../../webgpu/group-by-index.js';
import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { CodeStatistics } from './spec.js';

const threads = 64;

/** A workgroup for each code and 64 columns, which goes through the rows of the code. */
const shader: Shader = {
  name: 'code-statistics',
  workgroup: threads,
  uniforms: { width: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let code = group.y;
  let column = group.x * ${threads}u + local;
  let first = pointer[code];
  let end = pointer[code + 1u];
  if (column < uniforms.width) {
    var sum = 0.0;
    for (var i = first; i < end; i++) { sum += x[u32(order[i]) * uniforms.width + column]; }
    sums[code * uniforms.width + column] = sum;
  }
  if (column == 0u) { counts[code] = f32(end - first); }
}`,
};

export const codeStatisticsOnGpu = webgpuKernel(CodeStatistics, ({ x, codes }, { size }, gpu) => {
  const [rows, width] = x.shape as [number, number];
  const [counts, sums] = [gpu.allocate([size]), gpu.allocate([size, width])];
  const { order, pointer } = groupByIndex(gpu, codes, rows, size);
  gpu.run(shader, {
    inputs: { x, order, pointer },
    outputs: { counts, sums },
    uniforms: { width },
    groups: [Math.max(1, Math.ceil(width / threads)), size],
  });
  return [counts, sums];
});
