import { product } from '../../functional/axes/permute.js';
import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { Frames, OverlapAdd } from './spec.js';

const threads = 64;

const cutting: Shader = {
  name: 'frames',
  workgroup: threads,
  uniforms: { size: 'u32', count: 'u32', span: 'u32', hop: 'u32', total: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.total) { return; }
  let frame = at / uniforms.span;
  let signal = frame / uniforms.count;
  let start = (frame - signal * uniforms.count) * uniforms.hop;
  y[at] = x[signal * uniforms.size + start + at - frame * uniforms.span];
}`,
};

export const framesOnGpu = webgpuKernel(Frames, ({ x }, { count, length, hop }, gpu) => {
  const [batch, size] = x.shape as [number, number];
  const y = gpu.allocate([batch, count, length]);
  const total = product(y.shape);
  gpu.run(cutting, {
    inputs: { x },
    outputs: { y },
    uniforms: { size, count, span: length, hop, total },
    groups: [Math.ceil(total / threads)],
  });
  return y;
});

/** Each value of the signal looks up the frames that it lies in. */
const adding: Shader = {
  name: 'overlap-add',
  workgroup: threads,
  uniforms: { size: 'u32', count: 'u32', span: 'u32', hop: 'u32', total: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.total) { return; }
  let signal = at / uniforms.size;
  let time = at - signal * uniforms.size;
  var first = 0u;
  if (time >= uniforms.span) { first = (time - uniforms.span) / uniforms.hop + 1u; }
  let end = min(time / uniforms.hop + 1u, uniforms.count);
  var sum = 0.0;
  for (var frame = first; frame < end; frame++) {
    sum += x[(signal * uniforms.count + frame) * uniforms.span + time - frame * uniforms.hop];
  }
  y[at] = sum;
}`,
};

export const overlapAddOnGpu = webgpuKernel(OverlapAdd, ({ x }, { size, hop }, gpu) => {
  const [batch, count, span] = x.shape as [number, number, number];
  const y = gpu.allocate([batch, size]);
  const total = batch * size;
  gpu.run(adding, {
    inputs: { x },
    outputs: { y },
    uniforms: { size, count, span, hop, total },
    groups: [Math.ceil(total / threads)],
  });
  return y;
});
