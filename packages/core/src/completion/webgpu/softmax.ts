import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { fitsOneEach, gpuKernel } from './gpu-kernel.js';

const threads = 64;

/** A row by an invocation (ALONE) or a workgroup. NaN, or -∞ throughout, makes a row of NaN. */
const softmax: Shader<{ ALONE: boolean }> = {
  name: 'softmax',
  workgroup: threads,
  uniforms: { rows: 'u32', length: 'u32' },
  code: ({ ALONE }) => `
${ALONE ? '' : `var<workgroup> parts: array<f32, ${threads}>;`}
fn compute(group: vec3u, local: u32) {
  let row = ${ALONE ? `group.x * ${threads}u + local` : 'group.x'};
  ${ALONE ? 'if (row >= uniforms.rows) { return; }' : ''}
  let start = row * uniforms.length;
  let first = ${ALONE ? '0u' : 'local'};
  let step = ${ALONE ? '1u' : `${threads}u`};
  var most = -infinity();
  for (var i = first; i < uniforms.length; i += step) {
    let value = x[start + i];
    most = select(max(most, value), value, is_nan(value));
  }
  ${ALONE ? '' : together('select(max(a, b), a, is_nan(a))', 'most')}
  var sum = 0.0;
  for (var i = first; i < uniforms.length; i += step) { sum += precise_exp(x[start + i] - most); }
  ${ALONE ? '' : together('a + b', 'sum')}
  for (var i = first; i < uniforms.length; i += step) { y[start + i] = precise_exp(x[start + i] - most) / sum; }
}`,
};

/** Makes of every invocation's `name` what they are together. */
function together(joined: string, name: string): string {
  return `parts[local] = ${name};
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (local < half) {
      let a = parts[local];
      let b = parts[local + half];
      parts[local] = ${joined};
    }
    workgroupBarrier();
  }
  ${name} = parts[0];
  workgroupBarrier();`;
}

/** TFJS's takes no negative axis and no tensor of no elements, and makes numbers of NaN. */
export const softmaxOnGpu: Composition = gpuKernel<tf.SoftmaxAttrs>(tf.Softmax, ({ logits }, { dim }, gpu) => {
  const x = logits!;
  const [axis] = tf.util.parseAxisParam(dim, x.shape);
  if (axis !== x.shape.length - 1) return null;
  const length = x.shape[axis]!;
  const y = gpu.allocate(x.shape);
  const rows = tf.util.sizeFromShape(x.shape.slice(0, -1));
  const alone = fitsOneEach(rows, length);
  gpu.run(softmax, {
    inputs: { x },
    outputs: { y },
    uniforms: { rows, length },
    constants: { ALONE: alone },
    groups: [length === 0 ? 0 : alone ? Math.ceil(rows / threads) : rows],
  });
  return y;
});
