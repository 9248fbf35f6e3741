import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { complexArithmetic } from '../host/complex.js';
import type { Composition } from '../composition.js';
import { dense } from '../host/strided.js';
import { forEach, gpuKernel, groupsFor, threads } from './gpu-kernel.js';
import { copyOnGpu } from './memory.js';

/** Complex numbers as pairs of floats. */
const asPairs = ({ dataId, shape }: tf.TensorInfo): tf.TensorInfo => ({
  dataId,
  shape: [...shape, 2],
  dtype: 'float32',
});

/** Both parts of complex numbers, seen as one of the places of every pair. */
const every = (part: 0 | 1): { offset: number; strides: number[] } => ({ offset: part, strides: [2] });

function part(kernelName: string, which: 0 | 1): Composition {
  return gpuKernel(kernelName, ({ input }, _, gpu: Gpu) => {
    const out = gpu.allocate(input!.shape);
    const count = tf.util.sizeFromShape(input!.shape);
    copyOnGpu(gpu, [count], asPairs(input!), every(which), out, dense([count]));
    return out;
  });
}

const absolute: Shader = {
  name: 'complex-abs',
  workgroup: threads,
  uniforms: { count: 'u32' },
  // scaled, so that no square overflows
  code: forEach(`
  let re = abs(x[2u * i]);
  let im = abs(x[2u * i + 1u]);
  let larger = max(re, im);
  let ratio = min(re, im) / larger;
  y[i] = select(larger * sqrt(1.0 + ratio * ratio), 0.0, larger == 0.0);`),
};

/**
 * Complex tensors as pairs in one block of memory, so that cloning, reshaping and disposing need no care: TFJS's share memory
 * with their parts, which its count of tensors does not see.
 */
export const complexOnGpu: readonly Composition[] = [
  gpuKernel(tf.Complex, ({ real, imag }, _, gpu) => {
    const out = gpu.allocate(real!.shape, 'complex64');
    const count = tf.util.sizeFromShape(real!.shape);
    copyOnGpu(gpu, [count], real!, dense([count]), asPairs(out), every(0));
    copyOnGpu(gpu, [count], imag!, dense([count]), asPairs(out), every(1));
    return out;
  }),
  part(tf.Real, 0),
  part(tf.Imag, 1),
  gpuKernel(tf.ComplexAbs, ({ x }, _, gpu) => {
    const y = gpu.allocate(x!.shape);
    const count = tf.util.sizeFromShape(x!.shape);
    gpu.run(absolute, { inputs: { x: asPairs(x!) }, outputs: { y }, uniforms: { count }, groups: groupsFor(count) });
    return y;
  }),
];

/** {@link complexArithmetic} upon these kernels of real numbers. */
export function withComplex(kernels: readonly Composition[]): Composition[] {
  return kernels.map((kernel) => {
    const complex = complexArithmetic.find(({ kernelName }) => kernelName === kernel.kernelName);
    if (complex === undefined) return kernel;
    return {
      ...kernel,
      run: (inputs, attrs, backend, original) =>
        complex.run(inputs, attrs, backend, (others, otherAttrs) => kernel.run(others, otherAttrs, backend, original)),
    };
  });
}
