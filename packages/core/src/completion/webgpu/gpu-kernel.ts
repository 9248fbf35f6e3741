import type * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '../../webgpu/backend.js';
import { onGpu, type Gpu } from '../../webgpu/kernel.js';
import { forEach as forEachBelow } from '../../webgpu/elementwise.js';
import type { Composition } from '../composition.js';

export { groupsFor, threads } from '../../webgpu/elementwise.js';

/** Inputs of a kernel by name; kernels of lists have '0', '1', … */
export type Inputs = Readonly<Record<string, tf.TensorInfo>>;

type Outputs = tf.TensorInfo | tf.TensorInfo[];

/** A kernel in WGSL in place of TFJS's of that name; null leaves inputs to TFJS's. */
export function gpuKernel<Attributes extends object>(
  kernelName: string,
  run: (inputs: Inputs, attrs: Attributes, gpu: Gpu) => Outputs | null,
): Composition {
  return {
    kernelName,
    because: 'wrong',
    run: (inputs, attrs, backend, original) =>
      onGpu(backend as WebGPUBackend, (gpu) => run(inputs, attrs as Attributes, gpu)) ?? original(inputs, attrs),
  };
}

/** The text of a shader that runs `body` for every `i` below `uniforms.count`. */
export function forEach(body: string, declarations = ''): string {
  return forEachBelow(body, declarations, 'count');
}

/** Whether lines are better left to an invocation each than to a workgroup each: they are short, or enough to fill a GPU. */
export function fitsOneEach(lines: number, length: number): boolean {
  return length <= 32 || lines >= 8192;
}
