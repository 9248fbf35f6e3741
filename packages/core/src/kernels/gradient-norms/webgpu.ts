import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { groupSum } from '../../webgpu/snippets/group-sum.js';
import { GradientNorms } from './spec.js';

const threads = 64;
/** Numbers of a block, and so blocks of a list of 2^24 numbers. */
const block = 4096;

/*
 * Squares may be beyond float32 where the norm is not: each block is scaled by the power of two of its largest number. Magnitudes are
 * compared by their bits, in whose order infinity and NaN come last.
 */
const largest = `
const not_finite = 0x7f800000u;
var<workgroup> largest_parts: array<u32, ${threads}>;
fn largest_of_group(value: u32, local: u32) -> u32 {
  workgroupBarrier();
  largest_parts[local] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (local < half) { largest_parts[local] = max(largest_parts[local], largest_parts[local + half]); }
    workgroupBarrier();
  }
  return largest_parts[0];
}
fn exponent_of(bits: u32) -> i32 { return clamp(i32(bits >> 23u) - 127, -126, 127); }
/** v · 2^n, in two factors since one alone may be beyond float32. */
fn scaled(v: f32, n: i32) -> f32 { return v * power_of_two(n / 2) * power_of_two(n - n / 2); }`;

const blocks: Shader = {
  name: 'gradient-norms-blocks',
  workgroup: threads,
  uniforms: { size: 'u32' },
  code: `${groupSum(threads)}${largest}
fn compute(group: vec3u, local: u32) {
  let first = group.x * ${block}u;
  let end = min(first + ${block}u, uniforms.size);
  var most = 0u;
  for (var i = first + local; i < end; i += ${threads}u) { most = max(most, bitcast<u32>(x[i]) & 0x7fffffffu); }
  most = largest_of_group(most, local);
  let exponent = exponent_of(most);
  var squares = 0.0;
  for (var i = first + local; i < end; i += ${threads}u) {
    let v = scaled(x[i], -exponent);
    squares += v * v;
  }
  let sum = sum_of_group(squares, local);
  if (local == 0u) {
    magnitudes[group.x] = i32(most);
    sums[group.x] = sum;
  }
}`,
};

const combined: Shader = {
  name: 'gradient-norms',
  workgroup: threads,
  uniforms: { blocks: 'u32', place: 'u32' },
  code: `${groupSum(threads)}${largest}
fn compute(group: vec3u, local: u32) {
  var most = 0u;
  for (var i = local; i < uniforms.blocks; i += ${threads}u) { most = max(most, u32(magnitudes[i])); }
  most = largest_of_group(most, local);
  let exponent = exponent_of(most);
  var total = 0.0;
  for (var i = local; i < uniforms.blocks; i += ${threads}u) {
    // far smaller blocks count for nothing
    let factor = power_of_two(max(exponent_of(u32(magnitudes[i])) - exponent, -60));
    total += sums[i] * factor * factor;
  }
  let sum = sum_of_group(total, local);
  if (local == 0u) {
    if (most > not_finite) { norms[uniforms.place] = not_a_number(); }
    else if (most == not_finite) { norms[uniforms.place] = infinity(); }
    else { norms[uniforms.place] = scaled(sqrt(sum), exponent); }
  }
}`,
};

export const gradientNormsOnGpu = webgpuKernel(GradientNorms, (inputs, _, gpu) => {
  const list = Object.values(inputs) as tf.TensorInfo[];
  if (list.some(({ dtype }) => dtype !== 'float32')) return null;
  const norms = gpu.allocate([list.length]);
  list.forEach((x, place) => {
    const size = tf.util.sizeFromShape(x.shape);
    const count = Math.ceil(size / block);
    const [magnitudes, sums] = [gpu.scratch([Math.max(1, count)], 'int32'), gpu.scratch([Math.max(1, count)])];
    gpu.run(blocks, { inputs: { x }, outputs: { magnitudes, sums }, uniforms: { size }, groups: [count] });
    const uniforms = { blocks: count, place };
    gpu.run(combined, { inputs: { magnitudes, sums }, outputs: { norms }, uniforms, groups: [1] });
  });
  return norms;
});
