import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';

/** What has no step, sequence or unit is left to the reference. */
export function isEmpty({ shape }: tf.TensorInfo): boolean {
  return tf.util.sizeFromShape(shape) === 0;
}

/** WGSL of `state_before(t: u32, sequence: u32, unit: u32) -> f32`: the state, of `width` numbers, from which step t starts. */
export function stateBefore(width: string, stride = width): string {
  return `
fn state_before(t: u32, sequence: u32, unit: u32) -> f32 {
  if (t == 0u) { return h0[sequence * ${width} + unit]; }
  return states[((t - 1u) * uniforms.batch + sequence) * ${stride} + unit];
}`;
}

/** WGSL of `arriving(t: u32, sequence: u32, unit: u32) -> f32`: the gradient of the state after step t, where `dh0` has what later steps say of it. */
export function arriving(width: string, stride = width): string {
  return `
fn arriving(t: u32, sequence: u32, unit: u32) -> f32 {
  let up = dy[(t * uniforms.batch + sequence) * ${stride} + unit];
  if (t + 1u == uniforms.length) { return up; }
  return up + dh0[sequence * ${width} + unit];
}`;
}

const threads = 64;

const turning: Shader = {
  name: 'scan-turn',
  workgroup: threads,
  uniforms: { rows: 'u32', columns: 'u32', first: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.rows * uniforms.columns) { return; }
  turned[uniforms.first + at] = x[at % uniforms.rows * uniforms.columns + at / uniforms.rows];
}`,
};

/** Matrices, turned round so that neighbours read neighbours, one after another. */
export function turnedOnGpu(gpu: Gpu, matrices: readonly tf.TensorInfo[]): tf.TensorInfo {
  const sizes = matrices.map(({ shape }) => tf.util.sizeFromShape(shape));
  const turned = gpu.scratch([sizes.reduce((sum, size) => sum + size, 0)]);
  let first = 0;
  matrices.forEach((x, i) => {
    const [rows, columns] = x.shape as [number, number];
    const uniforms = { rows, columns, first };
    gpu.run(turning, { inputs: { x }, outputs: { turned }, uniforms, groups: [Math.ceil(sizes[i]! / threads)] });
    first += sizes[i]!;
  });
  return turned;
}

const preceding: Shader = {
  name: 'scan-states-before',
  workgroup: threads,
  uniforms: { size: 'u32', batch: 'u32', width: 'u32', stride: 'u32' },
  code: `${stateBefore('uniforms.width', 'uniforms.stride')}
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.size) { return; }
  let row = at / uniforms.width;
  before[at] = state_before(row / uniforms.batch, row % uniforms.batch, at % uniforms.width);
}`,
};

/** What the recurrent weight multiplied, [T, B, width]: the first state, then those of all steps but the last. */
export function statesBeforeOnGpu(gpu: Gpu, h0: tf.TensorInfo, states: tf.TensorInfo): tf.TensorInfo {
  const [length, batch, stride] = states.shape as [number, number, number];
  const width = h0.shape[1]!;
  const size = length * batch * width;
  const before = gpu.scratch([length, batch, width]);
  const uniforms = { size, batch, width, stride };
  gpu.run(preceding, { inputs: { h0, states }, outputs: { before }, uniforms, groups: [Math.ceil(size / threads)] });
  return before;
}
