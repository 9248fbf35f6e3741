import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { kernel, type Inputs, type NativeKernel } from '../kernel.js';
import { bytesOf, type NumericType } from '../memory/native-data.js';
import { isMovable } from './strided.js';

/** Two arguments a part, and four before. */
const partsInCall = 2000;

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

/** Copies parts of `lengths` (elements of a row each) into or out of the rows of `whole`. */
function moveParts(
  backend: NativeBackend,
  name: 'join' | 'split',
  whole: tf.TensorInfo & { dtype: NumericType },
  rows: number,
  parts: readonly tf.TensorInfo[],
  lengths: readonly number[],
): void {
  const bytes = bytesOf[whole.dtype];
  const row = bytes * lengths.reduce((sum, length) => sum + length, 0);
  let at = backend.address(whole);
  for (let first = 0; first < parts.length; first += partsInCall) {
    const last = Math.min(parts.length, first + partsInCall);
    const values = [at, row, rows, last - first];
    for (let i = first; i < last; i++) {
      const width = bytes * lengths[i]!;
      values.push(backend.address(parts[i]!), width);
      at += width;
    }
    backend.call(name, ...values);
  }
}

/** Lays tensors of equal dtype side by side along an axis; null where the C++ does not. */
export function joined(backend: NativeBackend, parts: readonly tf.TensorInfo[], axis: number): tf.TensorInfo | null {
  const first = parts[0]!;
  if (!isMovable(first) || parts.some(({ dtype }) => dtype !== first.dtype)) return null;
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const full = parts.filter((part) => !part.shape.includes(0));
  if (full.length === 1) return backend.share(full[0]!, shape);
  const out = backend.output(shape, first.dtype) as tf.TensorInfo & { dtype: NumericType };
  const inner = product(shape.slice(axis + 1));
  const lengths = full.map((part) => part.shape[axis]! * inner);
  moveParts(backend, 'join', out, product(shape.slice(0, axis)), full, lengths);
  return out;
}

/** Takes a tensor apart into `sizes` along an axis; null where the C++ does not. */
export function parted(
  backend: NativeBackend,
  x: tf.TensorInfo,
  sizes: readonly number[],
  axis: number,
  shapeOf: (size: number) => number[],
): tf.TensorInfo[] | null {
  if (!isMovable(x)) return null;
  if (sizes.length === 1) return [backend.share(x, shapeOf(sizes[0]!))];
  const parts = sizes.map((size) => backend.output(shapeOf(size), x.dtype));
  const inner = product(x.shape.slice(axis + 1));
  const lengths = sizes.map((size) => size * inner);
  moveParts(backend, 'split', x, product(x.shape.slice(0, axis)), parts, lengths);
  return parts;
}

function listOf(inputs: Inputs): tf.TensorInfo[] {
  return Object.keys(inputs).map((key) => inputs[key]!);
}

/** Kernels that make one tensor of many, or many of one. */
export const joiningKernels: readonly NativeKernel[] = [
  kernel<tf.ConcatAttrs>(tf.Concat, (backend, inputs, { axis }) => {
    const parts = listOf(inputs);
    const at = tf.util.parseAxisParam(axis, parts[0]!.shape)[0]!;
    tf.backend_util.assertParamsConsistent(
      parts.map(({ shape }) => shape),
      at,
    );
    return joined(backend, parts, at);
  }),
  kernel<tf.PackAttrs>(tf.Pack, (backend, inputs, { axis }) => {
    const parts = listOf(inputs);
    const { shape } = parts[0]!;
    for (const part of parts) {
      tf.util.assertShapesMatch(shape, part.shape, 'All tensors passed to stack must have matching shapes');
    }
    const at = axis < 0 ? axis + shape.length + 1 : axis;
    const one = [...shape.slice(0, at), 1, ...shape.slice(at)];
    return joined(
      backend,
      parts.map(({ dataId, dtype }) => ({ dataId, dtype, shape: one })),
      at,
    );
  }),
  kernel<tf.SplitVAttrs>(tf.SplitV, (backend, { x }, { numOrSizeSplits, axis }) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x! as tf.Tensor, numOrSizeSplits, at);
    return parted(backend, x!, sizes, at, (size) => x!.shape.map((whole, d) => (d === at ? size : whole)));
  }),
  kernel<tf.UnpackAttrs>(tf.Unpack, (backend, { value }, { axis }) => {
    const { shape } = value!;
    const at = axis < 0 ? axis + shape.length : axis;
    const ones = Array.from({ length: shape[at]! }, () => 1);
    return parted(backend, value!, ones, at, () => shape.filter((_, d) => d !== at));
  }),
];
