import type * as tf from '@tensorflow/tfjs-core';

/** What TFJS's webgpu backend keeps of a tensor. */
export interface TensorData {
  values: tf.BackendValues | null;
  readonly dtype: tf.DataType;
  /** As it was born; tensors that share the data may have others. */
  readonly shape: number[];
  resource?: GPUBuffer | null;
  /** The resource is not the tensor's own, and outlives it. */
  external?: boolean;
  refCount: number;
}

/** The parts of TFJS's webgpu backend (4.22) that ours builds on, some of which its declarations hide. */
export interface TfjsBackend extends tf.KernelBackend {
  readonly device: GPUDevice;
  readonly tensorMap: { get(dataId: object): TensorData; has(dataId: object): boolean };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer;
    releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
    /** Those that wait to be used again, by size and usage. */
    readonly freeBuffers: Map<string, GPUBuffer[]>;
    numFreeBuffers: number;
    readonly numBytesUsed: number;
    numBytesAllocated: number;
  };
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  /** Tensors that the commands recorded so far read or write. */
  readonly commandQueueOwnedIds: WeakSet<object>;
  readonly uniformPendingDisposal: GPUBuffer[];
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: object): void;
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  incRef(dataId: object): void;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: tf.BackendValues): tf.TensorInfo;
  readSync(dataId: object): tf.BackendValues;
  read(dataId: object): Promise<tf.BackendValues>;
  disposeData(dataId: object, force?: boolean): boolean;
  runWebGPUProgram(...args: unknown[]): tf.TensorInfo;
}

export interface TfjsWebGPU {
  readonly WebGPUBackend: new (device: GPUDevice, info?: GPUAdapterInfo) => TfjsBackend;
}
