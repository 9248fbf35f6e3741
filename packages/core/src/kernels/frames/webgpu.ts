import { product } from '../../functional/axes/permute.js';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { Frames, OverlapAdd } from './spec.js';

const uniforms = { length: 'u32', count: 'u32', span: 'u32', hop: 'u32' } as const;

const cutting = elementwiseShader({
  name: 'frames',
  uniforms,
  body: `
  let frame = i / uniforms.span;
  let signal = frame / uniforms.count;
  let start = (frame - signal * uniforms.count) * uniforms.hop;
  y[i] = x[signal * uniforms.length + start + i - frame * uniforms.span];`,
});

export const framesOnGpu = webgpuKernel(Frames, ({ x }, { count, length: span, hop }, gpu) => {
  const [batch, length] = x.shape as [number, number];
  const y = gpu.allocate([batch, count, span]);
  runElementwise(gpu, cutting, product(y.shape), {
    inputs: { x },
    outputs: { y },
    uniforms: { length, count, span, hop },
  });
  return y;
});

/** Each value of the signal looks up the frames that it lies in. */
const adding = elementwiseShader({
  name: 'overlap-add',
  uniforms,
  body: `
  let signal = i / uniforms.length;
  let time = i - signal * uniforms.length;
  var first = 0u;
  if (time >= uniforms.span) { first = (time - uniforms.span) / uniforms.hop + 1u; }
  let end = min(time / uniforms.hop + 1u, uniforms.count);
  var sum = 0.0;
  for (var frame = first; frame < end; frame++) {
    sum += x[(signal * uniforms.count + frame) * uniforms.span + time - frame * uniforms.hop];
  }
  y[i] = sum;`,
});

export const overlapAddOnGpu = webgpuKernel(OverlapAdd, ({ x }, { size: length, hop }, gpu) => {
  const [batch, count, span] = x.shape as [number, number, number];
  const y = gpu.allocate([batch, length]);
  runElementwise(gpu, adding, batch * length, {
    inputs: { x },
    outputs: { y },
    uniforms: { length, count, span, hop },
  });
  return y;
});
