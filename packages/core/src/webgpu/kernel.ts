import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernels/own.js';
import type { WebGPUBackend } from './backend.js';
import type { Call } from './dispatch.js';
import type { Constants, Shader } from './shader.js';

/** What a kernel computes with on the GPU. */
export interface Gpu {
  /** A new tensor with undefined contents. */
  allocate(shape: readonly number[], dtype?: 'float32' | 'int32' | 'bool'): tf.TensorInfo;
  /** {@link allocate} for an intermediate result, freed when the kernel returns. */
  scratch(shape: readonly number[], dtype?: 'float32' | 'int32' | 'bool'): tf.TensorInfo;
  /** A tensor [values] of numbers that the kernel has computed here, such as a table, freed when it returns. */
  constant(values: Float32Array | Int32Array): tf.TensorInfo;
  /** Runs a shader; calls run in their order. */
  run<C extends Constants>(shader: Shader<C>, call: Call<C>): void;
}

type Outputs = tf.TensorInfo | readonly tf.TensorInfo[];

/** A kernel's version in WGSL. */
export interface WebGPUKernel {
  readonly kernelName: string;
  readonly run: (inputs: object, attrs: object, gpu: Gpu) => Outputs | null;
  /** What is run for inputs that `run` returns null for. */
  readonly reference: (inputs: object, attrs: object) => readonly tf.Tensor[];
}

/** Inputs as a kernel gets them: those left out are undefined. */
export type Infos<Inputs extends object> = {
  readonly [Name in keyof Inputs]: Inputs[Name] extends tf.Tensor ? tf.TensorInfo : tf.TensorInfo | undefined;
};

/**
 * Gives a kernel its version in WGSL. `run` returns the outputs in the reference's order, or null for inputs that are left to the
 * reference.
 */
export function webgpuKernel<Inputs extends object, Attributes extends object>(
  { kernelName, reference }: Kernel<Inputs, Attributes>,
  run: (inputs: Infos<Inputs>, attrs: Attributes, gpu: Gpu) => Outputs | null,
): WebGPUKernel {
  return { kernelName, run: run as WebGPUKernel['run'], reference: reference as WebGPUKernel['reference'] };
}

/** Gives the webgpu backend kernels in WGSL. Idempotent. */
export function registerWebGPUKernels(kernels: Iterable<WebGPUKernel>): void {
  for (const { kernelName, run, reference } of kernels) {
    if (tf.getKernel(kernelName, 'webgpu') != null) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, attrs, backend }) => {
        const outputs = onGpu(backend as WebGPUBackend, (gpu) => run(inputs, attrs ?? {}, gpu));
        return (outputs ?? tf.tidy(() => [...reference(inputs, attrs ?? {})])) as tf.TensorInfo[];
      },
    });
  }
}

function onGpu<T>(backend: WebGPUBackend, run: (gpu: Gpu) => T): T {
  const scratch: tf.TensorInfo[] = [];
  const allocate: Gpu['allocate'] = (shape, dtype = 'float32') => {
    const empty = tf.util.sizeFromShape([...shape]) === 0;
    const values = empty ? tf.util.getTypedArrayFromDType(dtype, 0) : undefined;
    return backend.makeTensorInfo([...shape], dtype, values);
  };
  try {
    return run({
      allocate,
      scratch(shape, dtype) {
        const made = allocate(shape, dtype);
        scratch.push(made);
        return made;
      },
      constant(values) {
        const dtype = values instanceof Int32Array ? 'int32' : 'float32';
        const made = backend.makeTensorInfo([values.length], dtype, values);
        scratch.push(made);
        return made;
      },
      run: (shader, call) => backend.dispatcher.run(shader, call),
    });
  } finally {
    for (const { dataId } of scratch) backend.disposeData(dataId);
  }
}
