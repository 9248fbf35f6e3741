import * as tf from '@tensorflow/tfjs-core';
import type { Composition, Inputs } from './composition.js';

export type Values = Float32Array | Int32Array | Uint8Array;

interface WasmBackend {
  readonly wasm: { readonly HEAPU8: Uint8Array };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  getMemoryOffset(dataId: object): number;
}

interface CpuBackend {
  readonly data: { get(dataId: object): { values: Values } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Values): tf.TensorInfo;
}

/** The memory of a backend that plain JavaScript can read and write in place. */
export interface Host {
  /** New memory with undefined contents. */
  allocate(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  /**
   * The numbers of a tensor, without a copy; a complex tensor gives pairs. Take it after the last `allocate`: the heap
   * may move when it grows.
   */
  view(tensor: tf.TensorInfo): Values;
}

export function wasmHost(backend: object): Host {
  const wasm = backend as WasmBackend;
  return {
    allocate: (shape, dtype) => wasm.makeOutput([...shape], dtype),
    view({ dataId, shape, dtype }) {
      const { buffer } = wasm.wasm.HEAPU8;
      const offset = wasm.getMemoryOffset(dataId);
      const size = tf.util.sizeFromShape(shape);
      if (dtype === 'int32') return new Int32Array(buffer, offset, size);
      if (dtype === 'bool') return new Uint8Array(buffer, offset, size);
      return new Float32Array(buffer, offset, dtype === 'complex64' ? 2 * size : size);
    },
  };
}

export function cpuHost(backend: object): Host {
  const cpu = backend as CpuBackend;
  return {
    allocate(shape, dtype) {
      const size = tf.util.sizeFromShape([...shape]);
      const values =
        dtype === 'int32' ? new Int32Array(size) : dtype === 'bool' ? new Uint8Array(size) : new Float32Array(size);
      return cpu.makeTensorInfo([...shape], dtype, values);
    },
    view: ({ dataId }) => cpu.data.get(dataId).values,
  };
}

/** A kernel as loops over the backend's memory, for backends that have a {@link Host}. */
export interface HostKernel {
  readonly kernelName: string;
  readonly because: Composition['because'];
  readonly run: (inputs: Inputs, attrs: object, host: Host) => tf.TensorInfo | tf.TensorInfo[];
}

export function hostKernel<Attributes extends object>(
  kernelName: string,
  because: Composition['because'],
  run: (inputs: Inputs, attrs: Attributes, host: Host) => tf.TensorInfo | tf.TensorInfo[],
): HostKernel {
  return { kernelName, because, run: run as HostKernel['run'] };
}

/** Binds host kernels to a backend's memory. */
export function onHost(host: (backend: object) => Host, kernels: readonly HostKernel[]): Composition[] {
  return kernels.map(({ kernelName, because, run }) => ({
    kernelName,
    because,
    // strings lie elsewhere; TFJS's own kernels know where
    run: (inputs, attrs, backend, original) =>
      Object.values(inputs).some((input) => input?.dtype === 'string')
        ? original(inputs, attrs)
        : run(inputs, attrs, host(backend)),
  }));
}
