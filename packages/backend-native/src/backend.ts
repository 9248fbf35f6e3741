import * as tf from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { Addon } from './addon.js';
import { arrayOf, bytesOf, isNumeric, NativeData, type NumericType, type Values } from './memory/native-data.js';
import { OutOfMemoryError, Pool } from './memory/pool.js';

type Shape = readonly number[];

const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
};

/**
 * TFJS backend `native`. What it has no kernel for runs in the kernels of TFJS's cpu backend, which it extends: those see a
 * tensor's numbers as JavaScript arrays.
 */
export class NativeBackend extends MathBackendCPU {
  readonly pool: Pool;
  /** How often each kernel ran in JavaScript, because there is none in C++ or not for its inputs. */
  readonly fallbacks = new Map<string, number>();
  readonly #kernels = new Map<string, number>();
  /** What the kernel at work has made. */
  #made: object[] | null = null;

  constructor(readonly addon: Addon) {
    super();
    this.pool = new Pool(addon);
  }

  /** Makes a tensor of values that stay the caller's. */
  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    const data = new NativeData(this.addon, this.pool, dtype, sizeOf(shape), values as Values);
    data.refCount = refCount;
    // at once: the caller may change its array
    if (isNumeric(dtype) && values != null) void data.writable;
    this.data.set(dataId, data);
  }

  /** Makes a tensor of an array that is handed over. */
  override makeTensorInfo(
    shape: number[],
    dtype: tf.DataType,
    values?: tf.backend_util.BackendValues | string[],
  ): tf.TensorInfo {
    const dataId = {};
    const contents = (
      dtype === 'string' && values != null && typeof values[0] === 'string'
        ? (values as string[]).map((text) => tf.util.encodeString(text))
        : (values ?? undefined)
    ) as Values | undefined;
    this.data.set(dataId, new NativeData(this.addon, this.pool, dtype, sizeOf(shape), contents));
    return { dataId, shape, dtype };
  }

  /** A new tensor with undefined contents, for a kernel to write. */
  output(shape: Shape, dtype: NumericType): tf.TensorInfo {
    const size = sizeOf(shape);
    const dataId = {};
    const block = this.pool.allocate(size * bytesOf[dtype]);
    this.data.set(dataId, new NativeData(this.addon, this.pool, dtype, size, block));
    this.#made?.push(dataId);
    return { dataId, shape: shape as number[], dtype };
  }

  /** Runs a kernel; if it throws, the tensors that it made with {@link output} are freed. */
  guarded<T>(run: () => T): T {
    const outer = this.#made;
    const made: object[] = [];
    this.#made = made;
    try {
      return run();
    } catch (error) {
      for (const dataId of made) this.disposeData(dataId, true);
      throw error;
    } finally {
      this.#made = outer;
    }
  }

  /** Where a tensor's numbers are, for a kernel to read. */
  address(info: tf.TensorInfo): number {
    const data = this.data.get(info.dataId) as NativeData;
    // TFJS's cpu kernels may call integers floats without converting them; C++ would read the wrong numbers
    if (data.dtype !== info.dtype) throw new Error(`a tensor of ${data.dtype} is labelled ${info.dtype}`);
    return data.address;
  }

  dataOf(info: tf.TensorInfo): NativeData {
    return this.data.get(info.dataId) as NativeData;
  }

  /** Another tensor of the same numbers in another shape; nothing is copied. */
  share(info: tf.TensorInfo, shape: Shape): tf.TensorInfo {
    this.incRef(info.dataId);
    return { dataId: info.dataId, shape: shape as number[], dtype: info.dtype };
  }

  /**
   * Runs a C++ kernel.
   * @param values its arguments: addresses, sizes and options in the order that the kernel's comment gives
   */
  call(kernel: string, ...values: readonly number[]): void {
    let index = this.#kernels.get(kernel);
    if (index === undefined) {
      index = this.addon.kernel(kernel);
      if (index < 0) throw new Error(`the addon has no kernel '${kernel}'; build it anew with npm run build:native`);
      this.#kernels.set(kernel, index);
    }
    const to = this.addon.arguments;
    if (values.length > to.length) throw new Error(`${values.length} arguments for kernel '${kernel}'`);
    for (let i = 0; i < values.length; i++) to[i] = values[i]!;
    try {
      this.addon.run(index);
    } catch (cause) {
      if ((cause as Error).message !== 'out of memory') throw cause;
      throw new OutOfMemoryError(
        `out of memory: no room for kernel '${kernel}' to work in; use smaller batches or dispose of tensors`,
        { cause },
      );
    }
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const data = this.data.get(dataId) as NativeData;
    if (data.dtype === 'complex64') {
      const { real, imag } = data.complexTensorInfos!;
      return tf.backend_util.mergeRealAndImagArrays(
        this.readSync(real.dataId) as Float32Array,
        this.readSync(imag.dataId) as Float32Array,
      );
    }
    if (!isNumeric(data.dtype)) return data.values as tf.backend_util.BackendValues;
    const values = arrayOf(data.dtype, data.size);
    this.addon.read(data.address, values);
    return values;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const data = this.data.get(dataId) as NativeData;
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    if (data.complexTensorInfos !== undefined) {
      this.disposeData(data.complexTensorInfos.real.dataId, true);
      this.disposeData(data.complexTensorInfos.imag.dataId, true);
    }
    data.free();
    this.data.delete(dataId);
    return true;
  }

  override memory(): { unreliable: boolean; reasons: string[]; numBytesInBlocks: number; numBytesIdle: number } {
    return { unreliable: false, reasons: [], numBytesInBlocks: this.pool.used, numBytesIdle: this.pool.idle };
  }

  /** Gives the pool's idle memory back; the backend stays usable. */
  override dispose(): void {
    this.pool.trim();
  }
}
