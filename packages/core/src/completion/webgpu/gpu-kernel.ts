import type * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '../../webgpu/backend.js';
import { onGpu, type Gpu } from '../../webgpu/kernel.js';
import type { Composition } from '../composition.js';

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

/** Invocations of a workgroup of shaders that give each element an invocation of its own. */
export const threads = 256;

/** Their number of workgroups. */
export function groupsFor(elements: number): [number] {
  return [Math.ceil(elements / threads)];
}

/** The text of such a shader: `body` is run for every `i` below `uniforms.count`. */
export function forEach(body: string, declarations = ''): string {
  return `${declarations}
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.count) { return; }
  ${body.trim()}
}`;
}

/** Whether lines are better left to an invocation each than to a workgroup each: they are short, or enough to fill a GPU. */
export function fitsOneEach(lines: number, length: number): boolean {
  return length <= 32 || lines >= 8192;
}
