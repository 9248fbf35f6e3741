import * as tf from '@tensorflow/tfjs-core';
import { DeviceLostError, HourglassError, UnsupportedError } from '../errors.js';
import { mapNow } from './dawn.js';
import { isSoftwareAdapter } from './adapter.js';
import type { TensorData, TfjsBackend, TfjsWebGPU } from './internals.js';
import { dispatcher, type Dispatcher } from './dispatch.js';

/** Our webgpu backend: TFJS's, with kernels of several outputs, synchronous reads in Node, and a device that may fail. */
export interface WebGPUBackend extends TfjsBackend {
  /** What the device is, in words. */
  readonly adapterName: string;
  readonly dispatcher: Dispatcher;
  readonly isLost: boolean;
  /** Throws what went wrong on the GPU since the last call. */
  checkDevice(): void;
}

/** How reads wait: not at all in a browser, where TFJS goes through a canvas. */
export interface BackendOptions {
  readonly adapterName: string;
  readonly readsNow: boolean;
}

/** TFJS's backend class, extended. It exists only once TFJS's package is loaded. */
export function makeBackend(
  tfjs: TfjsWebGPU,
  device: GPUDevice,
  info: GPUAdapterInfo,
  { adapterName, readsNow }: BackendOptions,
): WebGPUBackend {
  let failure: HourglassError | null = null;
  const ofTensor = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

  class Backend extends tfjs.WebGPUBackend implements WebGPUBackend {
    readonly adapterName = adapterName;
    readonly dispatcher = dispatcher(this);
    readonly #nothing = device.createBuffer({ size: 16, usage: ofTensor });

    get isLost(): boolean {
      return failure instanceof DeviceLostError;
    }

    checkDevice(): void {
      if (failure === null) return;
      const thrown = failure;
      // a lost device stays lost
      if (!(thrown instanceof DeviceLostError)) failure = null;
      throw thrown;
    }

    override submitQueue(): void {
      super.submitQueue();
      freeUnused(this.bufferManager);
    }

    override uploadToGPU(dataId: object): void {
      this.checkDevice();
      const data = this.tensorMap.get(dataId);
      if (data.resource != null) return;
      checkSize(data);
      if (tf.util.sizeFromShape(data.shape) === 0) {
        // something must be bound all the same
        data.values ??= toValues(new ArrayBuffer(0), data.dtype);
        data.resource = this.#nothing;
        data.external = true;
      } else if (data.dtype === 'complex64') {
        // pairs of numbers in one block of memory
        data.resource = this.bufferManager.acquireBuffer(8 * tf.util.sizeFromShape(data.shape), ofTensor);
      } else super.uploadToGPU(dataId);
    }

    override readSync(dataId: object): tf.BackendValues {
      const data = this.tensorMap.get(dataId);
      if (data.values != null || data.dtype === 'string') return super.readSync(dataId);
      this.checkDevice();
      if (!readsNow) {
        // by way of a canvas, which gives wrong numbers or loses the device where the GPU is in software
        if (typeof OffscreenCanvas !== 'undefined' && !isSoftwareAdapter(adapterName)) return super.readSync(dataId);
        throw new UnsupportedError(
          `the numbers of the GPU '${adapterName}' cannot be read at once here: use await tensor.data()`,
        );
      }
      const { resource } = data as { resource: GPUBuffer };
      const staging = this.bufferManager.acquireBuffer(
        resource.size,
        GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      );
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      this.commandEncoder!.copyBufferToBuffer(resource, 0, staging, 0, resource.size);
      this.submitQueue();
      if (!mapNow(staging)) {
        failure ??= lost('it could not be read');
        this.checkDevice();
      }
      this.checkDevice();
      const numbers = toValues(staging.getMappedRange().slice(0), data.dtype);
      staging.unmap();
      this.bufferManager.releaseBuffer(staging);
      data.values = numbers;
      return numbers;
    }

    override async read(dataId: object): Promise<tf.BackendValues> {
      this.checkDevice();
      try {
        const data = this.tensorMap.get(dataId);
        const values =
          data.dtype === 'complex64' && data.values == null
            ? (data.values = new Float32Array(await this.getBufferData(data.resource!)))
            : await super.read(dataId);
        this.checkDevice();
        return values;
      } catch (error) {
        if (!(error instanceof HourglassError)) {
          // the device says why a moment later
          await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
          this.checkDevice();
        }
        throw error;
      }
    }
  }

  function checkSize({ shape, dtype }: TensorData): void {
    const bytes = tf.util.sizeFromShape(shape) * (dtype === 'complex64' ? 8 : 4);
    const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    if (bytes <= most) return;
    throw new UnsupportedError(
      `a tensor of shape [${shape.join(', ')}] takes ${megabytes(bytes)} MB, but the GPU '${adapterName}' has room for ` +
        `${megabytes(most)} MB in one tensor: use smaller batches or another backend`,
    );
  }

  function lost(why: string): DeviceLostError {
    return new DeviceLostError(
      `the GPU device '${adapterName}' was lost (${why}); what was on it is gone: call useBackend('webgpu') again and load from the last checkpoint, or use another backend`,
    );
  }
  const watch = async (): Promise<void> => {
    const { reason, message } = await device.lost;
    failure = lost(message === '' ? reason : message);
  };
  void watch();
  device.addEventListener('uncapturederror', (event) => {
    // thrown at the next read, not printed
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    failure ??= new HourglassError(`the GPU device '${adapterName}' reports: ${error.message}`);
  });
  return new Backend(device, info);
}

const megabytes = (bytes: number): string => Math.ceil(bytes / 2 ** 20).toLocaleString('en');

/** Unused buffers may take this much, or as much as those in use. */
const spare = 2 ** 28;

/** TFJS keeps each buffer for the next tensor of just its size: with sizes that change from step to step memory would fill up with them. */
function freeUnused(buffers: TfjsBackend['bufferManager']): void {
  if (buffers.numBytesAllocated - buffers.numBytesUsed <= Math.max(spare, buffers.numBytesUsed)) return;
  for (const free of buffers.freeBuffers.values()) {
    for (const buffer of free) {
      buffers.numBytesAllocated -= buffer.size;
      buffer.destroy();
    }
    buffers.numFreeBuffers -= free.length;
    free.length = 0;
  }
}

function toValues(bytes: ArrayBuffer, dtype: tf.DataType): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32' || dtype === 'complex64') return new Float32Array(bytes);
  if (dtype === 'int32') return new Int32Array(bytes);
  // truth values lie in four bytes each
  return Uint8Array.from(new Int32Array(bytes));
}
