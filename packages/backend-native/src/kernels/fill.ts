import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { kernel, type NativeKernel } from '../kernel.js';
import { bytesOf, isNumeric, type NumericType } from '../memory/native-data.js';

const scratch = new DataView(new ArrayBuffer(4));

/** The number as it lies in memory. */
export function bits(value: number, dtype: NumericType): number {
  if (dtype === 'float32') scratch.setFloat32(0, value);
  else if (dtype === 'int32') scratch.setInt32(0, value);
  else return value === 0 ? 0 : 1;
  return scratch.getUint32(0);
}

/** A new tensor with `value` everywhere. */
export function filled(
  backend: NativeBackend,
  shape: readonly number[],
  dtype: NumericType,
  value: number,
): tf.TensorInfo {
  const out = backend.output(shape, dtype);
  backend.call('fill', backend.address(out), bytesOf[dtype], tf.util.sizeFromShape([...shape]), bits(value, dtype));
  return out;
}

export const fillKernels: readonly NativeKernel[] = [
  kernel<tf.FillAttrs>(tf.Fill, (backend, _, { shape, value, dtype }) => {
    const type = dtype ?? (typeof value === 'string' ? 'string' : 'float32');
    return isNumeric(type) && typeof value === 'number' ? filled(backend, shape, type, value) : null;
  }),
  ...(
    [
      [tf.ZerosLike, 0],
      [tf.OnesLike, 1],
    ] as const
  ).map(([name, value]) =>
    kernel(name, (backend, { x }) => (isNumeric(x!.dtype) ? filled(backend, x!.shape, x!.dtype, value) : null)),
  ),
];
