import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '../../webgpu/backend.js';
import type { Gpu } from '../../webgpu/kernel.js';
import { onGpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { pairs, type Memory } from '../host/host.js';
import { mergeAxes, type Strided } from '../host/strided.js';
import { forEach, groupsFor, threads } from './gpu-kernel.js';

/** Ranks, after axes are merged, that have a shader of their own. */
const ranks = [2, 4, 6, 8, 12];

/** Copies between two views; offsets and steps are taken modulo 2³², so that they may be negative. */
function copyShader(rank: number): Shader<{ CONVERT: boolean }> {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return {
    name: `copy-${rank}`,
    workgroup: threads,
    uniforms: Object.fromEntries(
      [
        'count',
        'read_from',
        'write_from',
        ...axes.flatMap((axis) => [`size${axis}`, `read${axis}`, `write${axis}`]),
      ].map((name) => [name, 'u32'] as const),
    ),
    code: ({ CONVERT }) =>
      forEach(`
  var rest = i;
  var read = uniforms.read_from;
  var write = uniforms.write_from;
  ${axes
    .toReversed()
    .map(
      (axis) =>
        `{ let c = rest % uniforms.size${axis}; rest /= uniforms.size${axis}; read += c * uniforms.read${axis}; write += c * uniforms.write${axis}; }`,
    )
    .join('\n  ')}
  to[write] = ${CONVERT ? 'f32(from_[read])' : 'from_[read]'};`),
  };
}

const shaders = new Map(ranks.map((rank) => [rank, copyShader(rank)]));

const fillShader: Shader = {
  name: 'fill',
  workgroup: threads,
  uniforms: { count: 'u32', bits: 'u32' },
  code: forEach('to[i] = bitcast<i32>(uniforms.bits);'),
};

/** The same memory as whole numbers: copies keep every bit, and one shader does for all. */
const asBits = (x: tf.TensorInfo, shape: readonly number[] = x.shape): tf.TensorInfo => ({
  dataId: x.dataId,
  shape: [...shape],
  dtype: 'int32',
});

/** Copies an array of `shape` from one view to another. */
export function copyOnGpu(
  gpu: Pick<Gpu, 'run'>,
  shape: readonly number[],
  from: tf.TensorInfo,
  source: Strided,
  to: tf.TensorInfo,
  target: Strided,
): void {
  if (from.dtype === 'complex64') {
    const part = (z: tf.TensorInfo): tf.TensorInfo => ({ dataId: z.dataId, shape: [...z.shape, 2], dtype: 'float32' });
    copyOnGpu(gpu, ...pairs(shape, part(from), source, part(to), target));
    return;
  }
  const { sizes, strides } = mergeAxes(shape, [source.strides, target.strides]);
  const rank = ranks.find((most) => most >= sizes.length);
  if (rank === undefined) throw new Error(`webgpu: ${sizes.length} axes cannot be moved at once`);
  const count = tf.util.sizeFromShape([...shape]);
  const uniforms: Record<string, number> = { count, read_from: source.offset, write_from: target.offset };
  const missing = rank - sizes.length;
  for (let axis = 0; axis < rank; axis++) {
    uniforms[`size${axis}`] = sizes[axis - missing] ?? 1;
    uniforms[`read${axis}`] = strides[0]![axis - missing] ?? 0;
    uniforms[`write${axis}`] = strides[1]![axis - missing] ?? 0;
  }
  const convert = to.dtype === 'float32' && from.dtype !== 'float32';
  gpu.run(shaders.get(rank)!, {
    inputs: { from_: asBits(from) },
    outputs: { to: convert ? to : asBits(to) },
    uniforms,
    constants: { CONVERT: convert },
    groups: groupsFor(count),
  });
}

const bits = new DataView(new ArrayBuffer(4));

/** Sets every element. */
export function fillOnGpu(gpu: Pick<Gpu, 'run'>, to: tf.TensorInfo, value: number): void {
  const count = tf.util.sizeFromShape(to.shape) * (to.dtype === 'complex64' ? 2 : 1);
  if (to.dtype === 'float32' || to.dtype === 'complex64') bits.setFloat32(0, value);
  else bits.setInt32(0, value);
  gpu.run(fillShader, {
    inputs: {},
    outputs: { to: asBits(to) },
    uniforms: { count, bits: bits.getUint32(0) },
    groups: groupsFor(count),
  });
}

/** The GPU's memory, for kernels that move values. */
export function gpuMemory(backend: object): Memory {
  return onGpu(backend as WebGPUBackend, (gpu) => ({
    allocate: (shape, dtype) => gpu.allocate(shape, dtype),
    copy: (...args) => copyOnGpu(gpu, ...args),
    fill: (to, value) => fillOnGpu(gpu, to, value),
  }));
}
