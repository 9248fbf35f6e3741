import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernels/own.js';
import type { WebGPUBackend } from './backend.js';
import type { Call } from './dispatch.js';
import type { Constants, Shader } from './shader.js';

/** What a kernel computes with on the GPU. */
export interface Gpu {
  /** A new tensor with undefined contents. */
  allocate(shape: readonly number[], dtype?: tf.DataType): tf.TensorInfo;
  /** {@link allocate} for an intermediate result, freed when the kernel returns. */
  scratch(shape: readonly number[], dtype?: 'float32' | 'int32' | 'bool'): tf.TensorInfo;
  /** A list of numbers of the processor's, freed when the kernel returns. */
  upload(values: Float32Array | Int32Array): tf.TensorInfo;
  /** The numbers of `x` once more, without a copy. */
  share(x: tf.TensorInfo, shape: readonly number[], dtype?: tf.DataType): tf.TensorInfo;
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

/** Calls `run` with what kernels compute with, and frees their scratch memory. */
export function onGpu<T>(backend: WebGPUBackend, run: (gpu: Gpu) => T): T {
  const scratch: tf.TensorInfo[] = [];
  const allocate: Gpu['allocate'] = (shape, dtype = 'float32') => {
    const empty = tf.util.sizeFromShape([...shape]) === 0;
    const values = empty ? tf.util.getTypedArrayFromDType(dtype as 'float32', 0) : undefined;
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
      upload(values) {
        const dtype = values instanceof Float32Array ? 'float32' : 'int32';
        const made = backend.makeTensorInfo([values.length], dtype, values);
        scratch.push(made);
        return made;
      },
      share({ dataId, dtype }, shape, as = dtype) {
        backend.incRef(dataId);
        return { dataId, shape: [...shape], dtype: as };
      },
      run: (shader, call) => backend.dispatcher.run(shader, call),
    });
  } finally {
    for (const { dataId } of scratch) backend.disposeData(dataId);
  }
}
