import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { scope } from '../../memory.js';
import { dense } from '../host/strided.js';
import { forEach, gpuKernel, groupsFor, threads } from './gpu-kernel.js';
import { copyOnGpu, fillOnGpu } from './memory.js';

const toInt: Shader = {
  name: 'cast-to-int',
  workgroup: threads,
  uniforms: { count: 'u32' },
  code: forEach('y[i] = whole_of(x[i]);'),
};

const toFloat: Shader = {
  name: 'cast-to-float',
  workgroup: threads,
  uniforms: { count: 'u32' },
  code: forEach('y[i] = f32(x[i]);'),
};

/** Every number but 0 is true. */
const toBool: Shader<{ FLOAT: boolean }> = {
  name: 'cast-to-bool',
  workgroup: threads,
  uniforms: { count: 'u32' },
  code: ({ FLOAT }) => forEach(`y[i] = select(0, 1, ${FLOAT ? 'x[i] != 0.0 || is_nan(x[i])' : 'x[i] != 0'});`),
};

const cast: Composition = {
  kernelName: tf.Cast,
  because: 'wrong',
  run(inputs, attrs, backend, original) {
    const { dtype } = attrs as tf.CastAttrs;
    const x = inputs.x!;
    if (dtype === 'complex64' && x.dtype !== 'complex64') {
      return scope(() => tf.complex(tf.cast(x, 'float32'), tf.zeros(x.shape)));
    }
    if (x.dtype === 'complex64' && dtype !== 'complex64') return scope(() => tf.cast(tf.real(x), dtype));
    return castNumbers.run(inputs, attrs, backend, original);
  },
};

const castNumbers = gpuKernel<tf.CastAttrs>(tf.Cast, ({ x }, { dtype }, gpu) => {
  const from = x!.dtype;
  if (from === 'string' || dtype === 'string') return null;
  if (from === dtype || (from === 'bool' && dtype === 'int32')) return gpu.share(x!, x!.shape, dtype);
  const y = gpu.allocate(x!.shape, dtype);
  const count = tf.util.sizeFromShape(x!.shape);
  const call = { inputs: { x: x! }, outputs: { y }, uniforms: { count }, groups: groupsFor(count) };
  if (dtype === 'bool') gpu.run(toBool, { ...call, constants: { FLOAT: from === 'float32' } });
  else gpu.run(dtype === 'int32' ? toInt : toFloat, call);
  return y;
});

/** Chooses between `t` and `e`, a condition for each element or for each row of `inner`. */
const select: Shader = {
  name: 'select',
  workgroup: threads,
  uniforms: { count: 'u32', inner: 'u32' },
  code: forEach('y[i] = select(e[i], t[i], condition[i / uniforms.inner] != 0);'),
};

const oneHot: Shader<{ FLOAT: boolean }> = {
  name: 'one-hot',
  workgroup: threads,
  uniforms: { count: 'u32', depth: 'u32', on: 'f32', off: 'f32' },
  code: ({ FLOAT }) =>
    forEach(`
  let value = select(uniforms.off, uniforms.on, indices[i / uniforms.depth] == i32(i % uniforms.depth));
  y[i] = ${FLOAT ? 'value' : 'i32(value)'};`),
};

/** Constants, choices and conversions. */
export const valueKernels: readonly Composition[] = [
  cast,
  gpuKernel<tf.FillAttrs>(tf.Fill, (_, { shape, value, dtype = 'float32' }, gpu) => {
    if (typeof value === 'string') return null;
    const y = gpu.allocate(shape, dtype);
    fillOnGpu(gpu, y, Number(value));
    return y;
  }),
  gpuKernel(tf.OnesLike, ({ x }, _, gpu) => {
    if (x!.dtype === 'string' || x!.dtype === 'complex64') return null;
    const y = gpu.allocate(x!.shape, x!.dtype);
    fillOnGpu(gpu, y, 1);
    return y;
  }),
  gpuKernel(tf.Select, ({ condition, t, e }, _, gpu) => {
    if (t!.dtype === 'string' || t!.dtype === 'complex64') return null;
    const dtype = tf.upcastType(t!.dtype, e!.dtype);
    const like = (x: tf.TensorInfo): tf.TensorInfo => {
      if ((dtype === 'float32') === (x.dtype === 'float32')) return x;
      const made = gpu.scratch(x.shape, dtype as 'float32');
      copyOnGpu(gpu, x.shape, x, dense(x.shape), made, dense(x.shape));
      return made;
    };
    const y = gpu.allocate(t!.shape, dtype);
    const count = tf.util.sizeFromShape(t!.shape);
    const inner = Math.max(1, count / Math.max(1, tf.util.sizeFromShape(condition!.shape)));
    gpu.run(select, {
      inputs: { condition: condition!, t: like(t!), e: like(e!) },
      outputs: { y },
      uniforms: { count, inner },
      groups: groupsFor(count),
    });
    return y;
  }),
  gpuKernel<tf.OneHotAttrs>(tf.OneHot, ({ indices }, { depth, onValue, offValue, dtype }, gpu) => {
    const y = gpu.allocate([...indices!.shape, depth], dtype);
    const count = tf.util.sizeFromShape(y.shape);
    gpu.run(oneHot, {
      inputs: { indices: indices! },
      outputs: { y },
      uniforms: { count, depth, on: onValue, off: offValue },
      constants: { FLOAT: dtype === 'float32' },
      groups: groupsFor(count),
    });
    return y;
  }),
];
