import type { SafetensorsDtype, StoredTensor } from './safetensors.js';

/** Values TFJS can hold: floats as float32, integers as int32, booleans as bool. */
export type TensorValues =
  | { readonly dtype: 'float32'; readonly values: Float32Array }
  | { readonly dtype: 'int32'; readonly values: Int32Array }
  | { readonly dtype: 'bool'; readonly values: Uint8Array };

/** Decodes a stored tensor: F64, F16 and BF16 become float32; 64-, 16- and 8-bit integers become int32 (RangeError if one does not fit). */
export function decodeValues(tensor: StoredTensor): TensorValues {
  const { dtype, bytes } = tensor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = tensor.shape.reduce((n, d) => n * d, 1);
  const floats = (read: (i: number) => number): TensorValues => {
    const values = new Float32Array(size);
    for (let i = 0; i < size; i++) values[i] = read(i);
    return { dtype: 'float32', values };
  };
  const integers = (read: (i: number) => number): TensorValues => {
    const values = new Int32Array(size);
    for (let i = 0; i < size; i++) values[i] = read(i);
    return { dtype: 'int32', values };
  };
  switch (dtype) {
    case 'F32':
      return { dtype: 'float32', values: new Float32Array(copied(bytes).buffer) };
    case 'F64':
      return floats((i) => view.getFloat64(8 * i, true));
    case 'F16':
      return floats((i) => halfToFloat(view.getUint16(2 * i, true)));
    case 'BF16': {
      const bits = new Uint32Array(size);
      for (let i = 0; i < size; i++) bits[i] = view.getUint16(2 * i, true) << 16;
      return { dtype: 'float32', values: new Float32Array(bits.buffer) };
    }
    case 'I64':
      return integers((i) => fitting(view.getBigInt64(8 * i, true)));
    case 'I32':
      return { dtype: 'int32', values: new Int32Array(copied(bytes).buffer) };
    case 'I16':
      return integers((i) => view.getInt16(2 * i, true));
    case 'I8':
      return integers((i) => view.getInt8(i));
    case 'U8':
      return integers((i) => view.getUint8(i));
    case 'BOOL':
      return { dtype: 'bool', values: copied(bytes) };
  }
}

/** An aligned copy. Not `bytes.slice()`: on a Node Buffer that is a view. */
function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function fitting(value: bigint): number {
  if (value !== BigInt.asIntN(32, value)) throw new RangeError(`${value} does not fit into a 32-bit integer`);
  return Number(value);
}

/** IEEE 754 half precision. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Encodes values as they are kept in checkpoints: float32 as F32, int32 as I32 (or `integer`), bool as BOOL. */
export function encodeValues(
  tensor: TensorValues,
  shape: readonly number[],
  integer: 'I32' | 'I64' = 'I32',
): StoredTensor {
  const { dtype, values } = tensor;
  if (dtype === 'int32' && integer === 'I64') {
    const wide = BigInt64Array.from(values, BigInt);
    return { dtype: 'I64', shape, bytes: new Uint8Array(wide.buffer) };
  }
  const names: Record<TensorValues['dtype'], SafetensorsDtype> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };
  return { dtype: names[dtype], shape, bytes: new Uint8Array(values.slice().buffer) };
}
