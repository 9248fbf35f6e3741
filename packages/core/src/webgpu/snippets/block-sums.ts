import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Gpu } from '../kernel.js';
import type { Shader } from '../shader.js';

const threads = 64;

const adding: Shader = {
  name: 'add-blocks',
  workgroup: threads,
  uniforms: { count: 'u32', blocks: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.count) { return; }
  var total = 0.0;
  for (var block = 0u; block < uniforms.blocks; block++) { total += parts[block * uniforms.count + at]; }
  y[at] = total;
}`,
};

/** Sums of parts [blocks, …] over blocks, in their order, into y. */
export function addBlocks(gpu: Gpu, parts: TensorInfo, y: TensorInfo, count: number): void {
  const groups: [number] = [Math.ceil(count / threads)];
  gpu.run(adding, { inputs: { parts }, outputs: { y }, uniforms: { count, blocks: parts.shape[0]! }, groups });
}

/** Neighbours read neighbours, whatever the width; slot s adds rows s, s + slots, … */
const columns: Shader = {
  name: 'column-blocks',
  workgroup: threads,
  uniforms: { width: 'u32', rows: 'u32', slots: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.width * uniforms.slots) { return; }
  let column = at % uniforms.width;
  var total = 0.0;
  for (var row = at / uniforms.width; row < uniforms.rows; row += uniforms.slots) {
    total += x[row * uniforms.width + column];
  }
  parts[at] = total;
}`,
};

/** Sums of x, read as [rows, width], over its rows: float32 [width]. */
export function sumOfRows(gpu: Gpu, x: TensorInfo, rows: number, width: number): TensorInfo {
  const slots = Math.max(1, Math.min(rows, Math.max(Math.ceil(Math.sqrt(rows)), Math.ceil(2048 / width))));
  const [parts, sums] = [gpu.scratch([slots, width]), gpu.allocate([width])];
  const groups: [number] = [Math.ceil((slots * width) / threads)];
  gpu.run(columns, { inputs: { x }, outputs: { parts }, uniforms: { width, rows, slots }, groups });
  addBlocks(gpu, parts, sums, width);
  return sums;
}
