import * as tf from '@tensorflow/tfjs-core';
import { kernel, type NativeKernel } from '../kernel.js';
import { isNumeric, type NumericType } from '../memory/native-data.js';
import { filled } from './fill.js';
import { cast } from './unary.js';

type Middle = readonly [outer: number, length: number, inner: number];

/** A shape as [outer, length, inner] around an axis. */
function around(shape: readonly number[], axis: number): Middle {
  const size = (part: readonly number[]): number => tf.util.sizeFromShape([...part]);
  return [size(shape.slice(0, axis)), shape[axis] ?? 1, size(shape.slice(axis + 1))];
}

/** Running sums and products of float32 and int32; of bools they are int32. */
function running(kernelName: string, name: string): NativeKernel {
  return kernel<tf.CumsumAttrs>(kernelName, (backend, { x }, { axis, exclusive, reverse }) => {
    if (!isNumeric(x!.dtype)) return null;
    const dtype: NumericType = x!.dtype === 'float32' ? 'float32' : 'int32';
    const at = tf.util.parseAxisParam(axis, x!.shape)[0] ?? 0;
    const from = cast(backend, x!, dtype);
    const out = backend.output(x!.shape, dtype);
    const [to, read] = [backend.address(out), backend.address(from)];
    const [outer, length, inner] = around(x!.shape, at);
    const kernelOf = dtype === 'float32' ? `${name}_f32` : `${name}_i32`;
    if (outer * length * inner > 0) {
      backend.call(kernelOf, to, read, outer, length, inner, exclusive ? 1 : 0, reverse ? 1 : 0);
    }
    backend.disposeIntermediateTensorInfo(from);
    return out;
  });
}

const suffixes: Readonly<Record<NumericType, string>> = { float32: '_f32', int32: '_i32', bool: '_bool' };

/** Where along an axis the first extreme is; 0 where there are no elements. */
function index(kernelName: string, name: string): NativeKernel {
  return kernel<tf.ArgMaxAttrs>(kernelName, (backend, { x }, { axis }) => {
    if (!isNumeric(x!.dtype)) return null;
    const at = tf.util.parseAxisParam(axis, x!.shape)[0];
    const shape = x!.shape.filter((_, i) => i !== at);
    const [outer, length, inner] = around(x!.shape, at ?? 0);
    if (outer * length * inner === 0) return filled(backend, shape, 'int32', 0);
    const out = backend.output(shape, 'int32');
    backend.call(name + suffixes[x!.dtype], backend.address(out), backend.address(x!), outer, length, inner);
    return out;
  });
}

export const runningKernels: readonly NativeKernel[] = [
  running(tf.Cumsum, 'cumsum'),
  running(tf.Cumprod, 'cumprod'),
  index(tf.ArgMax, 'argmax'),
  index(tf.ArgMin, 'argmin'),
];
