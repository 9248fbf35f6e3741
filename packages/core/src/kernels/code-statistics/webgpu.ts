import { groupByIndex } from '../../webgpu/group-by-index.js';
import type { Shader } from '../../webgpu/shader.js';
import { addBlocks } from '../../webgpu/snippets/block-sums.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { CodeStatistics } from './spec.js';

const threads = 64;

/** A workgroup for each part of a code's rows and 64 columns. */
const shader: Shader = {
  name: 'code-statistics',
  workgroup: threads,
  uniforms: { width: 'u32', size: 'u32', parts: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let code = group.y;
  let column = group.x * ${threads}u + local;
  let start = pointer[code];
  let rows = pointer[code + 1u] - start;
  let share = (rows + i32(uniforms.parts) - 1) / i32(uniforms.parts);
  let first = min(i32(group.z) * share, rows);
  let end = min(first + share, rows);
  if (column < uniforms.width) {
    var sum = 0.0;
    for (var i = start + first; i < start + end; i++) { sum += x[u32(order[i]) * uniforms.width + column]; }
    partial[(group.z * uniforms.size + code) * uniforms.width + column] = sum;
  }
  if (column == 0u && group.z == 0u) { counts[code] = f32(rows); }
}`,
};

/** Rows of a part where codes are equally frequent; a code that most rows have is still the work of many. */
const rowsOfPart = 16;
const mostParts = 64;

export const codeStatisticsOnGpu = webgpuKernel(CodeStatistics, ({ x, codes }, { size }, gpu) => {
  const [rows, width] = x.shape as [number, number];
  const [counts, sums] = [gpu.allocate([size]), gpu.allocate([size, width])];
  const { order, pointer } = groupByIndex(gpu, codes, rows, size);
  const parts = Math.min(mostParts, Math.max(1, Math.ceil(rows / (size * rowsOfPart))));
  const partial = parts === 1 ? sums : gpu.scratch([parts, size, width]);
  gpu.run(shader, {
    inputs: { x, order, pointer },
    outputs: { counts, partial },
    uniforms: { width, size, parts },
    groups: [Math.max(1, Math.ceil(width / threads)), size, parts],
  });
  if (parts > 1) addBlocks(gpu, partial, sums, size * width);
  return [counts, sums];
});
