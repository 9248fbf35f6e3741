import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Addon } from '../addon.js';
import { OutOfMemoryError, type Block, type Pool } from './pool.js';

/** Numbers as JavaScript sees them; strings are lists of bytes. */
export type Values = Float32Array | Int32Array | Uint8Array | Uint8Array[];

export type NumericType = 'float32' | 'int32' | 'bool';

/** Bytes of one number. */
export const bytesOf: Readonly<Record<NumericType, number>> = { float32: 4, int32: 4, bool: 1 };

export function isNumeric(dtype: DataType): dtype is NumericType {
  return dtype in bytesOf;
}

/**
 * A typed array of the kind that holds `dtype`.
 * @throws OutOfMemoryError
 */
export function arrayOf(dtype: NumericType, length: number): Float32Array | Int32Array | Uint8Array {
  try {
    if (dtype === 'float32') return new Float32Array(length);
    return dtype === 'int32' ? new Int32Array(length) : new Uint8Array(length);
  } catch (cause) {
    throw new OutOfMemoryError(
      `out of memory: no JavaScript array of ${length} numbers to read a tensor into; read slices of it`,
      { cause },
    );
  }
}

/**
 * The contents of a tensor: a block that only C++ touches, a JavaScript array, or both with the same numbers. Each is made from
 * the other when it is first asked for. Since no JavaScript array ever shows a block's memory, a block can be used again at
 * once when it is freed, whoever still holds an array.
 *
 * It has the fields of TFJS's `TensorData`, so that kernels written for the cpu backend work on it.
 */
export class NativeData {
  refCount = 1;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  #block: Block | null;
  #values: Values | undefined;

  constructor(
    private readonly addon: Addon,
    private readonly pool: Pool,
    readonly dtype: DataType,
    readonly size: number,
    contents: Block | Values | undefined,
  ) {
    if (contents !== undefined && 'address' in contents) this.#block = contents;
    else {
      this.#block = null;
      this.#values = contents;
    }
  }

  /** Not to be written to, unless the kernel that made it has not returned yet. */
  get values(): Values | undefined {
    if (this.#values === undefined && this.#block !== null) {
      const values = arrayOf(this.dtype as NumericType, this.size);
      this.addon.read(this.#block.address, values);
      this.#values = values;
    }
    return this.#values;
  }

  /** Where the numbers are, for C++. */
  get address(): number {
    return (this.#block ?? this.#upload()).address;
  }

  /** The address, to write there; JavaScript's copy is dropped. */
  get writable(): number {
    const { address } = this;
    this.#values = undefined;
    return address;
  }

  free(): void {
    if (this.#block !== null) this.pool.release(this.#block);
    this.#block = null;
    this.#values = undefined;
  }

  #upload(): Block {
    if (!isNumeric(this.dtype) || this.#values === undefined)
      throw new Error(`no numbers in a tensor of ${this.dtype}`);
    const block = this.pool.allocate(this.size * bytesOf[this.dtype]);
    const own = this.#values;
    const kept =
      this.dtype === 'float32'
        ? own instanceof Float32Array
        : this.dtype === 'int32'
          ? own instanceof Int32Array
          : own instanceof Uint8Array;
    let values = own as Float32Array;
    if (!kept) {
      // a kernel of the cpu backend may label numbers of one kind as another
      values = arrayOf(this.dtype, this.size) as Float32Array;
      values.set(own as ArrayLike<number>);
    }
    this.addon.write(block.address, values);
    this.#block = block;
    return block;
  }
}
