import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { fitsOneEach, gpuKernel } from './gpu-kernel.js';

const threads = 64;

type Flags = { FLOAT: boolean; PRODUCT: boolean; EXCLUSIVE: boolean; REVERSE: boolean };

/** Steps that an invocation takes by itself. */
const steps = 8;

/** A workgroup for each line of [outer, length, inner], tile by tile: within one every invocation doubles its reach. */
const running: Shader<Flags> = {
  name: 'running',
  workgroup: threads,
  uniforms: { length: 'u32', inner: 'u32' },
  code: ({ FLOAT, PRODUCT }) => {
    const [type, identity] = [FLOAT ? 'f32' : 'i32', `${PRODUCT ? 1 : 0}${FLOAT ? '.0' : ''}`];
    const join = PRODUCT ? '*' : '+';
    return `
var<workgroup> totals: array<${type}, ${threads}>;
fn compute(group: vec3u, local: u32) {
  let start = group.x / uniforms.inner * uniforms.length * uniforms.inner + group.x % uniforms.inner;
  var before: ${type} = ${identity};
  for (var base = 0u; base < uniforms.length; base += ${threads * steps}u) {
    var own: array<${type}, ${steps}>;
    var total: ${type} = ${identity};
    for (var i = 0u; i < ${steps}u; i++) {
      let step = base + local * ${steps}u + i;
      let at = start + select(step, uniforms.length - 1u - step, REVERSE) * uniforms.inner;
      if (EXCLUSIVE) { own[i] = total; }
      if (step < uniforms.length) { total = total ${join} x[at]; }
      if (!EXCLUSIVE) { own[i] = total; }
    }
    totals[local] = total;
    workgroupBarrier();
    for (var reach = 1u; reach < ${threads}u; reach *= 2u) {
      var other: ${type} = ${identity};
      if (local >= reach) { other = totals[local - reach]; }
      workgroupBarrier();
      totals[local] = other ${join} totals[local];
      workgroupBarrier();
    }
    var left = before;
    if (local > 0u) { left = before ${join} totals[local - 1u]; }
    for (var i = 0u; i < ${steps}u; i++) {
      let step = base + local * ${steps}u + i;
      let at = start + select(step, uniforms.length - 1u - step, REVERSE) * uniforms.inner;
      if (step < uniforms.length) { y[at] = left ${join} own[i]; }
    }
    before = before ${join} totals[${threads - 1}];
    workgroupBarrier();
  }
}`;
  },
};

/** The same by an invocation for each line. */
const runningAlone: Shader<Flags> = {
  name: 'running-alone',
  workgroup: threads,
  uniforms: { length: 'u32', inner: 'u32', count: 'u32' },
  code: ({ FLOAT, PRODUCT }) => `
fn compute(group: vec3u, local: u32) {
  let line = group.x * ${threads}u + local;
  if (line >= uniforms.count) { return; }
  let start = line / uniforms.inner * uniforms.length * uniforms.inner + line % uniforms.inner;
  var total: ${FLOAT ? 'f32' : 'i32'} = ${PRODUCT ? 1 : 0};
  for (var step = 0u; step < uniforms.length; step++) {
    let at = start + select(step, uniforms.length - 1u - step, REVERSE) * uniforms.inner;
    let before = total;
    total = total ${PRODUCT ? '*' : '+'} x[at];
    y[at] = select(total, before, EXCLUSIVE);
  }
}`,
};

interface RunningAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function cumulative(kernelName: string, product: boolean): Composition {
  return gpuKernel<RunningAttrs>(kernelName, ({ x }, { axis, exclusive, reverse }, gpu) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0] ?? 0;
    const length = x!.shape[at] ?? 1;
    const inner = tf.util.sizeFromShape(x!.shape.slice(at + 1));
    const y = gpu.allocate(x!.shape, x!.dtype === 'bool' ? 'int32' : x!.dtype);
    const size = tf.util.sizeFromShape(x!.shape);
    const lines = size === 0 ? 0 : size / length;
    const call = {
      inputs: { x: x! },
      outputs: { y },
      constants: { FLOAT: x!.dtype === 'float32', PRODUCT: product, EXCLUSIVE: exclusive, REVERSE: reverse },
    };
    if (fitsOneEach(lines, length)) {
      const uniforms = { length, inner, count: lines };
      gpu.run(runningAlone, { ...call, uniforms, groups: [Math.ceil(lines / threads)] });
    } else gpu.run(running, { ...call, uniforms: { length, inner }, groups: [lines] });
    return y;
  });
}

/** Running sums and products; TFJS's run once for every doubling, and do not take whole numbers or a negative axis. */
export const cumulativeOnGpu: readonly Composition[] = [cumulative(tf.Cumsum, false), cumulative(tf.Cumprod, true)];
