import * as tf from '@tensorflow/tfjs-core';
import type { Composition, Inputs } from '../composition.js';
import { copyStrided, type Strided } from './strided.js';

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

/** Memory in which values can be moved. */
export interface Memory {
  /** New memory with undefined contents. */
  allocate(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  /** Copies an array of `shape` from a view of one tensor to a view of another, which must not be the same. */
  copy(shape: readonly number[], from: tf.TensorInfo, source: Strided, to: tf.TensorInfo, target: Strided): void;
  fill(to: tf.TensorInfo, value: number): void;
}

/** The memory of a backend that plain JavaScript can read and write in place. */
export interface Host extends Memory {
  /**
   * The numbers of a tensor, without a copy; a complex tensor gives pairs. Take it after the last `allocate`: the heap
   * may move when it grows.
   */
  view(tensor: tf.TensorInfo): Values;
}

/** What moves values in place, of what gives access to them. */
function inPlace(access: Pick<Host, 'allocate' | 'view'>): Host {
  return {
    ...access,
    copy(shape, from, source, to, target) {
      if (from.dtype === 'complex64') copyStrided(...pairs(shape, access.view(from), source, access.view(to), target));
      else copyStrided(shape, access.view(from), source, access.view(to), target);
    },
    fill: (to, value) => access.view(to).fill(value),
  };
}

/** Views of complex numbers as views of their parts. */
export function pairs<A, B>(
  shape: readonly number[],
  from: A,
  source: Strided,
  to: B,
  target: Strided,
): [readonly number[], A, Strided, B, Strided] {
  const both = ({ offset, strides }: Strided): Strided => ({
    offset: 2 * offset,
    strides: [...strides.map((stride) => 2 * stride), 1],
  });
  return [[...shape, 2], from, both(source), to, both(target)];
}

export function wasmHost(backend: object): Host {
  const wasm = backend as WasmBackend;
  return inPlace({
    allocate: (shape, dtype) => wasm.makeOutput([...shape], dtype),
    view({ dataId, shape, dtype }) {
      const { buffer } = wasm.wasm.HEAPU8;
      const offset = wasm.getMemoryOffset(dataId);
      const size = tf.util.sizeFromShape(shape);
      if (dtype === 'int32') return new Int32Array(buffer, offset, size);
      if (dtype === 'bool') return new Uint8Array(buffer, offset, size);
      return new Float32Array(buffer, offset, dtype === 'complex64' ? 2 * size : size);
    },
  });
}

export function cpuHost(backend: object): Host {
  const cpu = backend as CpuBackend;
  return inPlace({
    allocate(shape, dtype) {
      const size = tf.util.sizeFromShape([...shape]);
      const values =
        dtype === 'int32' ? new Int32Array(size) : dtype === 'bool' ? new Uint8Array(size) : new Float32Array(size);
      return cpu.makeTensorInfo([...shape], dtype, values);
    },
    view: ({ dataId }) => cpu.data.get(dataId).values,
  });
}

/** A kernel as loops over the backend's memory, for backends that have a {@link Host}; or of moves alone, for any {@link Memory}. */
export interface HostKernel<M extends Memory = Host> {
  readonly kernelName: string;
  readonly because: Composition['because'];
  readonly run: (inputs: Inputs, attrs: object, memory: M) => tf.TensorInfo | tf.TensorInfo[];
}

export function hostKernel<Attributes extends object, M extends Memory = Host>(
  kernelName: string,
  because: Composition['because'],
  run: (inputs: Inputs, attrs: Attributes, memory: M) => tf.TensorInfo | tf.TensorInfo[],
): HostKernel<M> {
  return { kernelName, because, run: run as HostKernel<M>['run'] };
}

/** Binds kernels to a backend's memory. */
export function onHost<M extends Memory>(
  memory: (backend: object) => M,
  kernels: ReadonlyArray<HostKernel<M>>,
): Composition[] {
  return kernels.map(({ kernelName, because, run }) => ({
    kernelName,
    because,
    // strings lie elsewhere; TFJS's own kernels know where
    run: (inputs, attrs, backend, original) =>
      Object.values(inputs).some((input) => input?.dtype === 'string')
        ? original(inputs, attrs)
        : run(inputs, attrs, memory(backend)),
  }));
}
