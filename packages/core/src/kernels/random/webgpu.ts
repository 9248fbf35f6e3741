import * as tf from '@tensorflow/tfjs-core';
import { jumpPolynomial } from '../../random/jump.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { RandomBernoulli } from './spec.js';

const threads = 64;
/** Numbers that one invocation draws, 32 at a time. */
const run = 256;
/** Runs of a call are counted in so many bits: 2³⁰ numbers. */
const bits = 22;

const polynomial = (k: number): string => `vec4u(${[...jumpPolynomial(k)].map((word) => `${word}u`).join(', ')})`;

/**
 * Every invocation goes to where its run begins, by the polynomials of the bits of how many runs come before it. Of every batch the
 * workgroup has one word for each invocation, and writes the numbers out side by side.
 */
const shader: Shader<{ FLOAT: boolean }> = {
  name: 'random-bernoulli',
  workgroup: threads,
  uniforms: { a: 'u32', b: 'u32', c: 'u32', d: 'u32', count: 'u32', limit: 'u32', always: 'u32' },
  code: ({ FLOAT }) => `
const jumps = array<vec4u, ${bits}>(
  ${Array.from({ length: bits }, (_, i) => polynomial(Math.log2(run) + i)).join(',\n  ')}
);
var<workgroup> words: array<u32, ${threads}>;
var<private> state: vec4u;
fn draw() -> u32 {
  let sum = state.x + state.w;
  let result = ((sum << 7u) | (sum >> 25u)) + state.x;
  let t = state.y << 9u;
  state.z ^= state.x;
  state.w ^= state.y;
  state.y ^= state.z;
  state.x ^= state.w;
  state.z ^= t;
  state.w = (state.w << 11u) | (state.w >> 21u);
  return result;
}
fn jump(polynomial: vec4u) {
  var total = vec4u();
  for (var i = 0u; i < 128u; i++) {
    if (((polynomial[i / 32u] >> (i % 32u)) & 1u) == 1u) { total ^= state; }
    _ = draw();
  }
  state = total;
}
fn compute(group: vec3u, local: u32) {
  let number = group.x * ${threads}u + local;
  state = vec4u(uniforms.a, uniforms.b, uniforms.c, uniforms.d);
  var polynomials = jumps;
  for (var bit = 0u; (number >> bit) != 0u; bit++) {
    if (((number >> bit) & 1u) == 1u) { jump(polynomials[bit]); }
  }
  for (var batch = 0u; batch < ${run / 32}u; batch++) {
    var word = 0u;
    for (var i = 0u; i < 32u; i++) {
      let value = draw();
      if (value < uniforms.limit || uniforms.always == 1u) { word |= 1u << i; }
    }
    workgroupBarrier();
    words[local] = word;
    workgroupBarrier();
    for (var i = local; i < ${threads * 32}u; i += ${threads}u) {
      let at = (group.x * ${threads}u + i / 32u) * ${run}u + batch * 32u + i % 32u;
      if (at < uniforms.count) { y[at] = ${FLOAT ? 'f32' : 'i32'}((words[i / 32u] >> (i % 32u)) & 1u); }
    }
  }
}`,
};

export const randomBernoulliOnGpu = webgpuKernel(RandomBernoulli, (_, { shape, state, probability, dtype }, gpu) => {
  const count = tf.util.sizeFromShape([...shape]);
  if (count > run * 2 ** bits) return null;
  const y = gpu.allocate(shape, dtype);
  // the smallest whole number that is not below the threshold; 2³² is none of 32 bits
  const limit = Math.max(0, Math.ceil(probability * 2 ** 32));
  const always = limit >= 2 ** 32;
  const [a, b, c, d] = state;
  gpu.run(shader, {
    inputs: {},
    outputs: { y },
    uniforms: { a, b, c, d, count, limit: always ? 0 : limit, always: Number(always) },
    constants: { FLOAT: dtype === 'float32' },
    groups: [Math.ceil(count / (threads * run))],
  });
  return y;
});
